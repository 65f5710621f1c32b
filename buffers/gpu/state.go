package gpu

// State is the stage of a buffer in its life.
type State uint8

const (
	// Uninitialized: described, not yet created.
	Uninitialized State = iota
	// Ready: the GPU may use it, the CPU may not.
	Ready
	// Mapped: the CPU may use its mapped range, the GPU may not.
	Mapped
	// MapPending: a map was asked for and has not settled; nobody may use it.
	MapPending
	// Destroyed: its memory is gone; every use is an error.
	Destroyed

	stateCount
)

var stateNames = [stateCount]string{"Uninitialized", "Ready", "Mapped", "MapPending", "Destroyed"}

func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "unknown state"
}

// Event is something that happens to a buffer.
type Event uint8

const (
	// EventCreate makes the buffer, unmapped.
	EventCreate Event = iota
	// EventCreateMapped makes the buffer mapped for writing.
	EventCreateMapped
	// EventMap asks for a mapping.
	EventMap
	// EventMapped is the success of the mapping asked for.
	EventMapped
	// EventMapFailed is its failure or its cancellation.
	EventMapFailed
	// EventUnmap ends a mapping, or cancels one that is pending.
	EventUnmap
	// EventAccess reads or writes the mapped range.
	EventAccess
	// EventUse hands the buffer to the GPU: a queue write, or a submit of commands that name it.
	EventUse
	// EventDestroy frees the memory. It is legal in every state and idempotent.
	EventDestroy

	eventCount
)

var eventNames = [eventCount]string{
	"create", "create", "map", "map", "map", "unmap", "access", "use", "destroy",
}

func (e Event) String() string {
	if e < eventCount {
		return eventNames[e]
	}
	return "unknown event"
}

// illegal marks the transitions that are errors.
const illegal = stateCount

// transitions holds every transition: transitions[state][event] is the next state.
//
// Events in order: create, create mapped, map, mapped, map failed, unmap, access, use, destroy.
var transitions = [stateCount][eventCount]State{
	Uninitialized: {Ready, Mapped, illegal, illegal, illegal, illegal, illegal, illegal, Destroyed},
	Ready:         {illegal, illegal, MapPending, illegal, illegal, illegal, illegal, Ready, Destroyed},
	Mapped:        {illegal, illegal, illegal, illegal, illegal, Ready, Mapped, illegal, Destroyed},
	MapPending:    {illegal, illegal, illegal, Mapped, Ready, Ready, illegal, illegal, Destroyed},
	Destroyed:     {illegal, illegal, illegal, illegal, illegal, illegal, illegal, illegal, Destroyed},
}

// Next returns the state that event leads to, or the sentinel that says why it may not happen in s.
func (s State) Next(event Event) (State, error) {
	if s >= stateCount || event >= eventCount {
		return s, ErrState
	}
	if next := transitions[s][event]; next != illegal {
		return next, nil
	}
	return s, s.refusal(event)
}

// refusal returns why event is illegal in s.
func (s State) refusal(event Event) error {
	switch {
	case s == Destroyed:
		return ErrDestroyed
	case event == EventUnmap || event == EventAccess:
		return ErrNotMapped
	case s == Mapped:
		return ErrMapped
	case s == MapPending:
		return ErrMapPending
	}
	return ErrState
}
