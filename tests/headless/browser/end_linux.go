package browser

import (
	"os/exec"
	"syscall"
)

// endWithTests has a program end when the tests are killed, as at their time limit.
func endWithTests(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
