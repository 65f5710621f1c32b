package model

import (
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// inMemory is a GPU in memory, in virtual time.
type inMemory struct{ *memory.Device }

func openMemory(a Args) inMemory {
	cost := memory.Fixed(time.Duration(a[Latency]) * time.Millisecond)
	d := inMemory{memory.Open(memory.Options{LateErrors: a[LateErrors] == 1, Notifies: a[Notifies] == 1, Write: cost, Copy: cost, Map: cost})}
	d.arm(a[Fault], a[Point])
	return d
}

// arm makes a call fail.
func (d inMemory) arm(fault, point int) {
	switch fault {
	case failsCreation:
		d.FailCreate(point)
	case failsMap:
		d.FailMap(point, gpu.NewError("map", "", buffers.ErrValidation, "a fault"))
	case slowMap:
		d.SlowMap(point, longest/2*time.Millisecond)
	case refusesCopies:
		d.FailScoped(point)
	case losesDevice:
		d.LoseAt(point, memory.Loss(1+point%2))
	}
}

func (d inMemory) Adopt(b buffers.Buffer) buffers.Buffer { return d.Device.Adopt(b.(*memory.Buffer)) }

func (d inMemory) NewTexture(info gpu.TextureInfo) (buffers.Texture, error) {
	return d.Device.NewTexture("", info), nil
}

func (d inMemory) DestroyTexture(t buffers.Texture) { t.(*memory.Texture).Destroy() }

func (d inMemory) NewHost(p []byte) Host { return memory.NewHostBytes(p) }

func (d inMemory) Lose(how int) { d.Device.Lose(memory.Loss(how)) }

func (d inMemory) Sleep(t time.Duration) { time.Sleep(t) }

func (d inMemory) Rest(*World) { time.Sleep(longest * time.Millisecond) }

func (d inMemory) Settle() { synctest.Wait() }

// memory is the GPU of a world in memory, which can do more than others.
func (w *World) memory() inMemory { return w.gpu.(inMemory) }

// Run performs a program on a GPU in memory, in virtual time, and compares it with the model.
func Run(t *testing.T, p Program) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	_, err = runIn(t, p)
	return err
}

// standstill is far longer than any program takes. A wait for a lock ends in no other way: virtual time stands still.
const standstill = 2 * time.Minute

func runIn(t *testing.T, p Program) (did outcome, err error) {
	watchdog := time.AfterFunc(standstill, func() { panic("model: it waits for a lock:\n" + p.String()) })
	defer watchdog.Stop()
	synctest.Test(t, func(t *testing.T) { did, err = run(p) })
	return did, err
}

// outcome is what a program did, besides being right.
type outcome struct {
	idle  int          // the place of the first operation after the prelude that did nothing, or -1
	ends  []string     // of operations, in their order
	calls memory.Calls // on the device, those of the end included
}

// run performs a program.
func run(p Program) (did outcome, err error) {
	before := runtime.NumGoroutine()
	gpu := openMemory(p.World)
	w, err := Open(gpu, p.World)
	if err != nil {
		return did, err
	}
	if p.World[Held] == 1 {
		w.hold(true)
	}
	did, err = w.run(NewJudge(p, Memory), len(p.Ops))
	did.calls = gpu.Calls()
	if left := gpu.Buffers(); err == nil && len(left) > 0 && gpu.LostReason() == nil {
		err = fmt.Errorf("buffers are left: %q", left)
	}
	w.Close()
	synctest.Wait()
	if err == nil && runtime.NumGoroutine() != before {
		err = leftRunning()
	}
	return did, err
}

// run performs the operations of a judge. The first own of them are the program's.
func (w *World) run(j *Judge, own int) (did outcome, err error) {
	did.idle = -1
	i := 0
	for step := range w.Perform(j.Ops) {
		did.note(j, i, own, &step)
		if err = j.Take(step); err == nil {
			err = w.nudge(j.Ops)
		}
		if err != nil {
			return did, err
		}
		i++
	}
	return did, nil
}

func (did *outcome) note(j *Judge, i, own int, s *Step) {
	if r := s.Result; r != nil {
		did.ends = append(did.ends, j.Ops[i].Kind.Name+" "+r.Code)
		nothing := r.Skipped || r.Code != "" && !j.model.faults
		if nothing && did.idle < 0 && i >= len(prelude) && i < own {
			did.idle = i - len(prelude)
		}
	}
	for _, e := range s.Ended {
		did.ends = append(did.ends, j.Ops[e.Op].Kind.Name+" "+e.Code)
	}
}

// nudge makes every waiter try once more. A waiter that can go on now has slept.
func (w *World) nudge(ops []Op) error {
	if len(w.running) == 0 {
		return nil
	}
	for _, system := range w.systems {
		if b, err := system.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 4}); err == nil {
			b.Destroy() // which frees nothing, but wakes
		}
	}
	synctest.Wait()
	for _, x := range w.running {
		if len(x.result) > 0 {
			return fmt.Errorf("%v: it slept, though it could go on", ops[x.op])
		}
	}
	return nil
}

// leftRunning is the error of goroutines of the product that run in this bubble.
func leftRunning() error {
	all := make([]byte, 1<<20)
	stacks := strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n")
	bubble := regexp.MustCompile(`synctest bubble \d+`).FindString(stacks[0])
	for _, stack := range stacks[1:] {
		if strings.Contains(stack, bubble+"]") && strings.Contains(stack, "gpubuffers/buffers") {
			return fmt.Errorf("a goroutine is left:\n%s", stack)
		}
	}
	return nil
}
