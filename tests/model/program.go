package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Param names an argument of operations.
type Param int

const (
	Actor    Param = iota // whose context a call has
	System                // of two on one device
	Buffer                // see bufferSlots
	Other                 // a second one
	Staging               // the first two slots are immediate, the others deferred
	Readback              // the first slot reads all, the second the latest
	Dynamic
	Texture
	Box      // of its texels
	Row      // bytes of a row that is staged for one
	Encoder  // two of the program's own, then the frames' of the two systems
	Encoders // a list: see encoderLists
	Capacity // of a new object
	Size     // bytes that the CPU moves
	Length   // bytes that the GPU moves
	At
	OtherAt
	Seed  // of the bytes that are written
	Mode  // of a map
	Loss  // a way to lose the device
	Fails // 1 if there is no memory for it
	Count // how many, how often, or which one
	Millis

	// The world's own.

	Budget
	Policy
	ChunkSize
	Frames
	LateErrors
	Held
	Latency  // of a command of the GPU, in milliseconds
	Notifies // 1 if the backend tells who waits, as a browser does
	Fault    // what goes wrong once: see failsCreation
	Point    // the call that it happens to

	params
)

// domains are the values that arguments may have, the simplest first. A value that stands twice is drawn twice as often.
var domains = [params]struct {
	name   string
	values []int
}{
	Actor:      {"actor", []int{0, 1}},
	System:     {"system", []int{0, 0, 0, 0, 0, 0, 0, 1}},
	Buffer:     {"buffer", []int{0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5}},
	Other:      {"other", []int{1, 1, 1, 1, 0, 0, 0, 2, 3, 4, 5}},
	Staging:    {"staging", []int{0, 1, 2, 3}},
	Readback:   {"readback", []int{0, 0, 0, 1}},
	Dynamic:    {"dynamic", []int{0, 0, 1}},
	Texture:    {"texture", []int{0, 1}},
	Box:        {"box", []int{0, 0, 0, 1, 1, 2}},
	Row:        {"row", []int{0, 0, 0, 0, 32, 16}},
	Encoder:    {"encoder", []int{2, 2, 2, 2, 0, 0, 0, 1, 3}},
	Encoders:   {"encoders", []int{0, 0, 1, 1, 1, 2, 3, 4}},
	Capacity:   {"capacity", []int{256, 256, 256, 1024, 1024, 1024, 4096, 4096, 64, 128, 8192, 8192, 20000, 30, 0, 1 << 40, 1024, 1024, 4096, 4096, 300000}},
	Size:       {"size", []int{16, 16, 4, 4, 64, 64, 128, 128, 256, 256, 0, 60, 1024, 4096, 5, 20000, 16, 64, 128, 256, 270000}},
	Length:     {"length", []int{16, 16, 16, 4, 4, 64, 64, 64, 128, 256, 256, 0, 60, 1024, 4096, 5, 1 << 40}},
	At:         {"at", []int{0, 0, 0, 0, 0, 0, 4, 8, 8, 16, 16, 64, 64, 252, 256, 1024, 3, 4096, 1 << 40}},
	OtherAt:    {"to", []int{0, 0, 0, 0, 0, 0, 4, 8, 8, 16, 16, 64, 64, 252, 256, 1024, 3, 4096, 1 << 40}},
	Seed:       {"seed", []int{1, 2, 3, 4, 5, 6, 7}},
	Mode:       {"mode", []int{0, 0, 0, 1, 2}},
	Loss:       {"loss", []int{1, 2}},
	Fails:      {"fails", []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
	Count:      {"count", []int{1, 2, 3, 5, 20}},
	Millis:     {"ms", []int{1, 9, 100, 12000}},
	Budget:     {"budget", []int{0, 0, 64 << 10, 20 << 10, 8 << 10, 8 << 10}},
	Policy:     {"policy", []int{0, 0, 0, 1, 2}},
	ChunkSize:  {"chunk", []int{0, 4096}},
	Frames:     {"frames", []int{0, 1, 2}},
	LateErrors: {"late", []int{0, 0, 1}},
	Held:       {"held", []int{0, 1}},
	Latency:    {"latency", []int{0, 0, 0, 3}},
	Notifies:   {"notifies", []int{0, 1}},
	Fault:      {"fault", []int{0}},
	Point:      {"point", []int{0}},
}

func (p Param) String() string { return domains[p].name }

// Args are the arguments of an operation, or of a world. Those that it does not take are 0.
type Args [params]int

// Op is one operation.
type Op struct {
	Kind *Kind
	Args
}

// Program is a list of operations in a world.
type Program struct {
	World Args
	Ops   []Op
}

var worldParams = []Param{Budget, Policy, ChunkSize, Frames, LateErrors, Held, Latency, Notifies, Fault, Point}

// few is the number of kinds in programs of few kinds.
const few = 10

// DrawFew makes a program of n operations of a few kinds, which meet more often than all do.
func DrawFew(r *rand.Rand, n int, on Surface) Program {
	chosen := map[*Kind]bool{}
	for len(chosen) < few {
		if k := lots[r.IntN(len(lots))]; on.has(k) {
			chosen[k] = true
		}
	}
	return draw(r, n, slices.DeleteFunc(slices.Clone(lots), func(k *Kind) bool { return !chosen[k] }))
}

// Draw makes a program of n operations.
func Draw(r *rand.Rand, n int) Program { return draw(r, n, lots) }

func draw(r *rand.Rand, n int, lots []*Kind) Program {
	choices := make([]byte, len(worldParams)+n*(3+int(params)))
	for i := range choices {
		choices[i] = byte(r.Uint32())
	}
	p := decode(choices, lots)
	p.Ops = p.Ops[:min(n+len(prelude), len(p.Ops))]
	return p
}

// Decode makes a program of any bytes: each chooses an operation or an argument. Every second operation is on the objects
// of the one before, so that much happens to few of them.
func Decode(choices []byte) Program { return decode(choices, lots) }

func decode(choices []byte, lots []*Kind) (p Program) {
	next := func(n int) (c int) {
		for range 1 + (n-1)>>8 { // bytes
			if len(choices) == 0 {
				return 0
			}
			c, choices = c<<8|int(choices[0]), choices[1:]
		}
		return c % n
	}
	var last Args
	draw := func(args *Args, takes []Param) {
		for _, param := range takes {
			values := domains[param].values
			if c := next(256); param > Encoder || c < 128 {
				last[param] = values[c%len(values)]
			}
			args[param] = last[param]
		}
	}
	draw(&p.World, worldParams)
	p.Ops = append(p.Ops, prelude...)
	for len(choices) > 0 {
		op := Op{Kind: lots[next(len(lots))]}
		draw(&op.Args, op.Kind.Takes)
		p.Ops = append(p.Ops, op)
	}
	return p
}

// String is the program's text: the world and each operation on a line of its own.
func (p Program) String() string {
	var b strings.Builder
	line := func(name string, takes []Param, args *Args) {
		b.WriteString(name)
		for _, param := range takes {
			fmt.Fprintf(&b, " %v=%d", param, args[param])
		}
		b.WriteByte('\n')
	}
	line("world", worldParams, &p.World)
	for i := range p.Ops {
		line(p.Ops[i].Kind.Name, p.Ops[i].Kind.Takes, &p.Ops[i].Args)
	}
	return b.String()
}

func (o Op) String() string { return strings.Split(Program{Ops: []Op{o}}.String(), "\n")[1] }

// Parse reads a program's text. A # begins a comment.
func Parse(text string) (p Program, err error) {
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "world" {
			err = parseArgs(words[1:], &p.World)
		} else {
			op := Op{Kind: kindOf(words[0])}
			if op.Kind == nil {
				return p, fmt.Errorf("no operation is named %q", words[0])
			}
			err = parseArgs(words[1:], &op.Args)
			p.Ops = append(p.Ops, op)
		}
		if err != nil {
			return p, fmt.Errorf("%q: %w", line, err)
		}
	}
	return p, nil
}

func parseArgs(words []string, args *Args) (err error) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		param := paramOf(name)
		if param == params {
			return fmt.Errorf("no argument is named %q", name)
		}
		if args[param], err = strconv.Atoi(value); err != nil {
			return err
		}
	}
	return nil
}

func paramOf(name string) Param {
	for i := range domains {
		if domains[i].name == name {
			return Param(i)
		}
	}
	return params
}

// MarshalText and UnmarshalText make a program's text its form in JSON too.
func (p Program) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (p *Program) UnmarshalText(text []byte) (err error) {
	*p, err = Parse(string(text))
	return err
}
