//go:build js && wasm

package jsbridge

import (
	"strings"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// chunk is a mapped buffer, and what it is sent to.
func chunk(t *testing.T) (d *Device, from, to *Buffer) {
	d = device(t)
	from, to = buffer(t, d, 64), buffer(t, d, 64)
	require.NoError(t, wait(t, from.MapAsync(MapModeWrite, 0, 64)))
	calls()
	return d, from, to
}

func TestAChunkIsSentInOneCrossing(t *testing.T) {
	for name, fill := range map[string]func(d *Device, from, to *Buffer) (<-chan error, error){
		"of Go's memory": func(d *Device, from, to *Buffer) (<-chan error, error) {
			return d.FillAndSend([]byte{1, 2, 3, 4}, from, 64, to, 8, Followup{})
		},
		"of JavaScript's memory": func(d *Device, from, to *Buffer) (<-chan error, error) {
			data := js.Global().Get("Uint8Array").Call("of", 9, 1, 2, 3, 4)
			return d.FillAndSendFrom(data, 1, 4, from, 64, to, 8, Followup{})
		},
		"filled before": func(d *Device, from, to *Buffer) (<-chan error, error) {
			require.NoError(t, from.WriteMapped([]byte{1, 2, 3, 4}, 0))
			require.False(t, from.Untaken())
			return d.Send(from, 64, to, 8, 4, Followup{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, from, to := chunk(t)
			require.True(t, from.Untaken())
			settled, err := fill(d, from, to)
			require.NoError(t, err)
			require.Equal(t, lines(
				"GPUDevice.createCommandEncoder()",
				"GPUCommandEncoder.copyBufferToBuffer(b,0,b,8,4)",
				"GPUCommandEncoder.finish()",
				"GPUQueue.submit([GPUCommandBuffer])"), calls())
			require.Equal(t, []byte{1, 2, 3, 4}, contents(from)[:4])
			require.NoError(t, wait(t, settled))
			require.Equal(t, Mapped, from.MapState())
			require.NoError(t, from.WriteMapped([]byte{5}, 63), "the whole is mapped")
		})
	}
}

func TestAChunkThatIsNotMappedIsAnErrorAtOnce(t *testing.T) {
	d, from, to := chunk(t)
	from.Unmap()
	free := len(slots.free)
	_, err := d.FillAndSend([]byte{1, 2, 3, 4}, from, 64, to, 0, Followup{})
	require.ErrorIs(t, err, ErrOperation)
	require.Len(t, slots.free, free, "no slot waits for a promise that there is not")
}

func TestCopiesAreFetchedIntoAChunk(t *testing.T) {
	d, _, source := chunk(t)
	into := buffer(t, d, 64)
	other := buffer(t, d, 64)
	require.NoError(t, d.AddFetch(into, Copies{source, []float64{8, 0, 4, 16, 4, 4}}, FetchFirst))
	completed, settled := uint64(0), make(chan error, 1)
	require.NoError(t, d.Fetch(into, Copies{other, []float64{32, 8, 4}}, FetchGoesOn, Fetch{Size: 12, Followup: Followup{Token: 7, Then: func(token uint64, err error) error {
		completed = token
		settled <- err
		return err
	}}}))
	require.Equal(t, lines(
		"GPUDevice.createCommandEncoder()",
		"GPUCommandEncoder.copyBufferToBuffer(b,8,b,0,4)",
		"GPUCommandEncoder.copyBufferToBuffer(b,16,b,4,4)",
		"GPUCommandEncoder.copyBufferToBuffer(b,32,b,8,4)",
		"GPUCommandEncoder.finish()",
		"GPUQueue.submit([GPUCommandBuffer])"), calls())
	require.NoError(t, wait(t, settled))
	require.EqualValues(t, 7, completed)
	require.ErrorIs(t, into.ReadMapped(make([]byte, 16), 0), ErrRange, "no more than that is mapped")
}

// Each group of copies has a submit and a scope of its own, and what these caught comes with the map.
func TestTheVerdictsOfAFetchComeWithItsMap(t *testing.T) {
	for _, c := range []struct {
		name    string
		refuse  string
		refused []bool // scope by scope
	}{
		{"nothing is refused", "", nil},
		{"the first scoped group is", "next", []bool{true, false}},
		{"what has no scope is", "submit", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _, source := chunk(t)
			into := buffer(t, d, 64)
			var uncaptured []error
			require.NoError(t, d.OnUncapturedError(func(err *Error) { uncaptured = append(uncaptured, err) }))
			set(t, "refuse", c.refuse)
			set(t, "recordScopes", true)
			settled := make(chan error, 1)
			require.NoError(t, d.AddFetch(into, Copies{source, []float64{8, 0, 4}}, FetchFirst))
			require.NoError(t, d.EndFetchGroup(false))
			require.NoError(t, d.AddFetch(into, Copies{source, []float64{8, 4, 4}}, FetchGroup))
			require.NoError(t, d.EndFetchGroup(true))
			require.NoError(t, d.Fetch(into, Copies{source, []float64{16, 8, 4}}, FetchGroup, Fetch{Scoped: true, Size: 12, Followup: Followup{Then: func(_ uint64, err error) error {
				settled <- err
				return err
			}}}))
			copied := func(from, to string) string {
				return "GPUCommandEncoder.copyBufferToBuffer(b," + from + ",b," + to + ",4)"
			}
			submit := []string{"GPUCommandEncoder.finish()", "GPUQueue.submit([GPUCommandBuffer])"}
			want := append([]string{"GPUDevice.createCommandEncoder()", copied("8", "0")}, submit...)
			want = append(append(want, "GPUDevice.createCommandEncoder()", copied("8", "4")), append(submit, "GPUDevice.popErrorScope()")...)
			want = append(append(want, "GPUDevice.createCommandEncoder()", copied("16", "8")), append(submit, "GPUDevice.popErrorScope()")...)
			require.Equal(t, lines(want...), calls())
			err := wait(t, settled)
			var refused []bool
			for _, verdict := range Verdicts(err) {
				refused = append(refused, verdict != nil)
			}
			require.Equal(t, c.refused, refused)
			require.Equal(t, c.refused == nil, err == nil)
			require.Equal(t, c.refuse == "submit", len(uncaptured) > 0)
			require.NoError(t, into.ReadMapped(make([]byte, 12), 0), "it is mapped in any case")

			into.Unmap()
			require.NoError(t, d.Fetch(into, Copies{source, []float64{16, 8, 4}}, FetchFirst, Fetch{Size: 12, Followup: Followup{Then: func(_ uint64, err error) error {
				settled <- err
				return err
			}}}))
			require.NoError(t, wait(t, settled), "nothing is left of the scopes before")
		})
	}
}

func TestAFetchMakesOneEncoderWhereTheMemoryHasGrown(t *testing.T) {
	d, _, source := chunk(t)
	into := buffer(t, d, 64)
	copies := Copies{source, []float64{8, 0, 4}}
	require.NoError(t, d.Queue().WriteBuffer(source, 0, make([]byte, 4)))
	growMemory(t)
	defer func() { ballast = nil }()
	calls()
	require.NoError(t, d.AddFetch(into, copies, FetchFirst))
	require.Equal(t, lines(
		"GPUDevice.createCommandEncoder()",
		"GPUCommandEncoder.copyBufferToBuffer(b,8,b,0,4)"), calls())
}

// relayed are two chunks of 8 bytes that were sent to a buffer, and the channels of their maps.
func relayed(t *testing.T) (d *Device, to *Buffer, settled []<-chan error) {
	d = device(t)
	to = buffer(t, d, 64)
	chunks := []*Buffer{buffer(t, d, 8), buffer(t, d, 8)}
	for _, c := range chunks {
		require.NoError(t, wait(t, c.MapAsync(MapModeWrite, 0, 8)))
	}
	set(t, "holdMaps", true)
	for i, c := range chunks {
		s, err := d.FillAndSendFrom(js.Global().Get("Uint8Array").New(4), 0, 4, c, 8, to, uint64(i)*4, Followup{})
		require.NoError(t, err)
		settled = append(settled, s)
	}
	calls()
	return d, to, settled
}

func TestChunksRelayWithoutACrossing(t *testing.T) {
	d, to, settled := relayed(t)
	data := js.Global().Get("Uint8Array").Call("of", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
	require.True(t, d.Relay(data, 1, 20, 8, to, 16))
	require.False(t, d.Relay(data, 1, 20, 8, to, 16), "one at a time")
	for range 5 {
		release()
		turn()
	}
	for _, s := range settled {
		require.NoError(t, wait(t, s))
	}
	require.Zero(t, d.EndRelay())
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, contents(to)[16:36])
}

func TestARelayThatThrowsEnds(t *testing.T) {
	d, to, settled := relayed(t)
	data := js.Global().Get("Uint8Array").New(64)
	require.True(t, d.Relay(data, 0, 32, 8, to, 0))
	js.Global().Call("structuredClone", data, map[string]any{"transfer": []any{data.Get("buffer")}})
	release()
	for _, s := range settled {
		require.ErrorIs(t, wait(t, s), ErrType)
	}
	require.EqualValues(t, 32, d.EndRelay())
	require.EqualValues(t, 32, d.EndRelay(), "as often as it is asked")
}

func TestARelayOfOneDeviceLeavesThatOfAnotherAlone(t *testing.T) {
	d, to, settled := relayed(t)
	other := device(t)
	data := js.Global().Get("Uint8Array").New(64)
	require.True(t, d.Relay(data, 0, 8, 8, to, 0))
	require.False(t, other.Relay(data, 0, 8, 8, to, 0))
	other.EndRelay()
	for range 3 {
		release()
		turn()
	}
	for _, s := range settled {
		require.NoError(t, wait(t, s))
	}
	require.Zero(t, d.EndRelay(), "it went on")
}

func TestTheBrowserIsMadeToPoll(t *testing.T) {
	set(t, "recordScopes", true)
	d, _, source := chunk(t)
	set(t, "holdMaps", true)
	polls := func() int { return strings.Count(calls(), "GPUDevice.popErrorScope()") }
	for _, c := range []struct {
		name        string
		polls, want int
		take        bool
		scoped      bool
	}{
		{name: "as often as is said", polls: 3, want: 3},
		{name: "not at all", polls: 0, want: 0},
		{name: "until a range is taken", polls: 1000, want: 2, take: true},
		{name: "from the answer of a scope on", polls: 3, want: 4, scoped: true},
		{name: "not after the answer of a scope", polls: 0, want: 1, scoped: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			into := buffer(t, d, 64)
			settled := make(chan error, 1)
			calls()
			require.NoError(t, d.Fetch(into, Copies{source, []float64{0, 0, 4}}, FetchFirst, Fetch{Scoped: c.scoped, Size: 4, Polls: c.polls, Followup: Followup{Then: func(_ uint64, err error) error {
				if c.take {
					_ = into.ReadMapped(make([]byte, 4), 0)
				}
				settled <- err
				return err
			}}}))
			polled := polls()
			if c.scoped {
				require.Equal(t, 1, polled, "before the answer")
			}
			if c.take {
				release()
			}
			turn()
			turn()
			release()
			require.NoError(t, wait(t, settled))
			polled += polls()
			if c.take {
				require.LessOrEqual(t, polled, c.want)
			} else {
				require.Equal(t, c.want, polled)
			}
		})
	}
}

func TestRangesOfMoreBuffersThanThereIsRoomFor(t *testing.T) {
	d := device(t)
	buffers := make([]*Buffer, 200)
	for i := range buffers {
		buffers[i] = buffer(t, d, 64)
		require.NoError(t, wait(t, buffers[i].MapAsync(MapModeWrite, 0, 64)))
		require.NoError(t, buffers[i].WriteMapped([]byte{byte(i)}, 0))
	}
	for i, b := range buffers {
		b.Unmap()
		require.Equal(t, byte(i), contents(b)[0])
	}
}

// creations makes buffers within scopes of their own, or checked, and takes down what is reported.
func creations(t *testing.T, checked bool) (d *Device, c *CreationErrors, reported map[string]*Error, create func(label string, size uint64) (*Buffer, error)) {
	d, reported = device(t), map[string]*Error{}
	c = d.NewCreationErrors(func(b js.Value, err *Error) { reported[b.Get("label").String()] = err })
	return d, c, reported, func(label string, size uint64) (*Buffer, error) {
		b := &Buffer{}
		return b, c.CreateBuffer(b, &BufferDescriptor{Label: label, Size: size, Usage: BufferUsageCopyDst}, checked)
	}
}

const (
	tooLarge  = 1 << 29 // for the device, which says so later
	noInteger = 1 << 60
)

func TestWhatTheBrowserFindsOutAboutACreation(t *testing.T) {
	for name, checked := range map[string]bool{"scoped": false, "checked": true} {
		t.Run(name, func(t *testing.T) {
			d, c, reported, create := creations(t, checked)
			good, err := create("good", 64)
			require.NoError(t, err)
			require.Equal(t, "good", good.Label())
			require.Equal(t, "good", good.JSValue().Get("label").String())
			_, err = create("bad", tooLarge)
			require.NoError(t, err, "reported later")
			_, err = create("", noInteger)
			require.ErrorIs(t, err, ErrType, "thrown at once")
			_, err = create("good, too", 64)
			require.NoError(t, err)
			turn()
			require.Len(t, reported, 1)
			require.NotNil(t, reported["bad"])
			require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")

			_, err = create("last", tooLarge)
			require.NoError(t, err)
			c.Release()
			c.Release()
			turn()
			require.Len(t, reported, 2, "what was created before is reported")
			require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")
		})
	}
}

func TestWhatIsAskedForWaitsForChecks(t *testing.T) {
	d, _, reported, create := creations(t, true)
	chunk, source := buffer(t, d, 64), buffer(t, d, 64)
	for name, ask := range map[string]func() <-chan error{
		"a WorkDone": func() <-chan error { return d.Queue().WorkDone() },
		"a map":      func() <-chan error { return chunk.MapAsync(MapModeWrite, 0, 64) },
		"a fetch": func() <-chan error {
			settled := make(chan error, 1)
			require.NoError(t, d.Fetch(chunk, Copies{source, []float64{16, 8, 4}}, FetchFirst, Fetch{Size: 12, Followup: Followup{Then: func(_ uint64, err error) error {
				settled <- err
				return err
			}}}))
			return settled
		},
		"a promise": func() <-chan error {
			return settle(&queueWorkDone, FusedCalls().Call("afterChecks", js.Global().Get("Promise").Call("resolve")), nil)
		},
	} {
		for range 2 { // the second is asked for while a check is under way
			_, err := create(name, 64)
			require.NoError(t, err)
			_, err = create("not "+name, tooLarge)
			require.NoError(t, err)
			settled := ask()
			require.Empty(t, reported, name)
			require.NoError(t, wait(t, settled))
			require.Len(t, reported, 1, name)
			require.Contains(t, reported, "not "+name)
			clear(reported)
			chunk.Unmap()
		}
	}
}

func TestAHostMakesTheBuffer(t *testing.T) {
	d, c, reported, create := creations(t, true)
	var made [2]*Buffer
	for i, size := range []uint64{64, tooLarge} {
		c.Leave(true)
		var err error
		made[i], err = create("left", size)
		require.NoError(t, err)
		c.Leave(false)
		number := c.Left()
		require.NotZero(t, number)
		object, err := d.CreateBuffer(&BufferDescriptor{Label: "by the host", Size: size, Usage: BufferUsageCopyDst})
		require.NoError(t, err)
		FusedCalls().Call("keepChecked", 1<<30, d.JSValue(), c.Caught(), number, object.JSValue())
		require.True(t, made[i].JSValue().Equal(object.JSValue()))
	}
	turn()
	require.Contains(t, reported, "by the host")
	require.Zero(t, c.Left(), "nothing was left")
	made[0].Destroy()
	require.NoError(t, wait(t, c.device.Queue().WorkDone()))
}

// Its owner destroys a buffer before anything was done with it. Whoever has the Buffer is still refused by the browser.
func TestABufferThatWasDestroyedUnusedIsABuffer(t *testing.T) {
	for name, checked := range map[string]bool{"scoped": false, "checked": true} {
		t.Run(name, func(t *testing.T) {
			d, _, reported, create := creations(t, checked)
			for _, size := range []uint64{64, tooLarge} {
				b, err := create("unused", size)
				require.NoError(t, err)
				b.Destroy()
				turn()
				clear(reported)
				require.False(t, b.Is(js.Undefined()))
				require.True(t, b.JSValue().InstanceOf(js.Global().Get("GPUBuffer")))
				require.True(t, b.Is(b.JSValue()))
				require.Equal(t, "unused", b.JSValue().Get("label").String())
				require.EqualValues(t, size, b.JSValue().Get("size").Int())
				require.EqualValues(t, BufferUsageCopyDst, b.JSValue().Get("usage").Int())
				require.True(t, isDestroyed(b))
				b.Destroy()
				turn()
				require.Empty(t, reported)
				require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")
			}
		})
	}
}

func isDestroyed(b *Buffer) bool {
	return js.Global().Get("GPUBuffer").Call("isDestroyed", b.JSValue()).Bool()
}
