package gpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

func TestEveryTransitionIsLegalOrNamesItsReason(t *testing.T) {
	type transition struct {
		from  gpu.State
		event gpu.Event
	}
	legal := map[transition]gpu.State{
		{gpu.Uninitialized, gpu.EventCreate}:       gpu.Ready,
		{gpu.Uninitialized, gpu.EventCreateMapped}: gpu.Mapped,
		{gpu.Ready, gpu.EventMap}:                  gpu.MapPending,
		{gpu.Ready, gpu.EventUse}:                  gpu.Ready,
		{gpu.Mapped, gpu.EventUnmap}:               gpu.Ready,
		{gpu.Mapped, gpu.EventAccess}:              gpu.Mapped,
		{gpu.MapPending, gpu.EventMapped}:          gpu.Mapped,
		{gpu.MapPending, gpu.EventMapFailed}:       gpu.Ready,
		{gpu.MapPending, gpu.EventUnmap}:           gpu.Ready,
	}
	for from := gpu.Uninitialized; from <= gpu.Destroyed; from++ {
		legal[transition{from, gpu.EventDestroy}] = gpu.Destroyed
		for event := gpu.EventCreate; event <= gpu.EventDestroy; event++ {
			want, ok := legal[transition{from, event}]
			next, err := from.Next(event)
			if ok {
				require.NoError(t, err, "%s in %s", event, from)
				require.Equal(t, want, next, "%s in %s", event, from)
				continue
			}
			require.Error(t, err, "%s in %s", event, from)
			require.Equal(t, from, next, "a refused event changes nothing")
		}
	}
}

func TestNamesAreWords(t *testing.T) {
	require.Equal(t, "Vertex|CopyDst", (gpu.UsageVertex | gpu.UsageCopyDst).String())
	require.Equal(t, "None", gpu.Usage(0).String())
	require.Equal(t, "QueryResolve|unknown bits", (gpu.UsageQueryResolve | 1<<20).String())
	require.Equal(t, "MapPending", gpu.MapPending.String())
	require.Equal(t, "unknown state", gpu.State(99).String())
	require.Equal(t, "Write", gpu.MapWrite.String())
	require.Equal(t, "unmap", gpu.EventUnmap.String())
}
