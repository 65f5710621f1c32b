//go:build js && wasm

package jsbridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFunctionIsCalledLaterUnlessItIsStopped(t *testing.T) {
	called := make(chan string, 3)
	start := time.Now()
	stop := AfterFunc(10*time.Millisecond, func() { called <- "stopped" })
	AfterFunc(30*time.Millisecond, func() { called <- "called" })
	stop()
	require.Equal(t, "called", <-called)
	require.GreaterOrEqual(t, time.Since(start), 29*time.Millisecond)
	require.Empty(t, called)
}

func TestATimerIsStoppedAfterItHasFired(t *testing.T) {
	called := make(chan bool)
	stop := AfterFunc(0, func() { close(called) })
	<-called
	stop()
}
