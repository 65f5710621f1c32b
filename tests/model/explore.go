package model

import (
	"maps"
	"slices"
	"strings"
)

// space is every program of length operations out of a list, numbered as in a dictionary.
type space struct {
	world  Args
	of     []Op
	length int
}

// size is the number of programs.
func (s space) size() int { return power(len(s.of), s.length) }

func power(n, exponent int) int {
	p := 1
	for range exponent {
		p *= n
	}
	return p
}

func (s space) program(number int) Program {
	p := Program{s.world, slices.Clone(prelude)}
	for i := range s.length {
		p.Ops = append(p.Ops, s.of[number/power(len(s.of), s.length-1-i)%len(s.of)])
	}
	return p
}

// after is the number of the next program that differs from a given one up to the ith operation.
func (s space) after(number, i int) int {
	same := power(len(s.of), s.length-1-i)
	return (number/same + 1) * same
}

// secondFault is the place of the second operation that makes the GPU fail, or -1.
func (p Program) secondFault() int {
	first := true
	for i, op := range p.Ops[len(prelude):] {
		if !op.Kind.Fault {
			continue
		}
		if !first {
			return i
		}
		first = false
	}
	return -1
}

// explore performs the programs with numbers from one to another. It leaves out those that are the same as others: if
// an operation does nothing, the programs without it cover the rest. It performs no program with two faults. perform
// returns the place of the first operation that did nothing, or -1.
func (s space) explore(from, to int, perform func(Program) (idle int)) {
	for number := from; number < to; {
		p := s.program(number)
		same := p.secondFault()
		if same < 0 {
			same = perform(p)
		}
		if same < 0 {
			same = s.length - 1
		}
		number = s.after(number, same)
	}
}

// small is an operation of a kind with arguments for small programs. There are several; which counts round.
func (k *Kind) small(which int) Op {
	op := Op{Kind: k}
	for _, param := range k.Takes {
		op.Args[param] = domains[param].values[0]
	}
	if len(k.Small) > 0 {
		if err := parseArgs(strings.Fields(k.Small[which%len(k.Small)]), &op.Args); err != nil {
			panic("model: " + err.Error())
		}
	}
	return op
}

// tight has memory for one thing more than the prelude makes. Its GPU does one thing after the other, when it is told.
var tight = Args{Budget: 13 << 10, ChunkSize: 4096, Frames: 1, Held: 1, Notifies: 1}

var explored = kindsOn(Memory)

// ofAllKinds are the programs of four operations, one of each kind.
func ofAllKinds() space {
	s := space{world: tight, length: 4}
	for _, k := range explored {
		s.of = append(s.of, k.small(0))
	}
	return s
}

// worldSize is the number of kinds in a small world.
const worldSize = 8

// smallWorlds are the programs of six operations of few kinds. Every two kinds meet in a world. All worlds have "step",
// which lets the GPU go on. Each takes another operation of a kind than the world before it. Every second world has
// more memory, and every second two are on a backend that does not notify.
func smallWorlds() (worlds []space) {
	apart := map[[2]*Kind]bool{} // kinds that meet in no world yet
	for i, k := range explored {
		for _, other := range explored[i+1:] {
			apart[[2]*Kind{k, other}] = true
		}
	}
	for len(apart) > 0 {
		members := nextWorld(apart)
		maps.DeleteFunc(apart, func(pair [2]*Kind, _ bool) bool {
			return slices.Contains(members, pair[0]) && slices.Contains(members, pair[1])
		})
		s := space{world: tight, length: 6}
		s.world[Budget] += len(worlds) % 2 * 4096
		s.world[Notifies] = 1 - len(worlds)/2%2
		for i, k := range members {
			s.of = append(s.of, k.small(len(worlds)+i))
		}
		worlds = append(worlds, s)
	}
	return worlds
}

// nextWorld takes one kind after the other, always the one that is apart from most of those it has.
func nextWorld(apart map[[2]*Kind]bool) []*Kind {
	members := []*Kind{kindOf("step")}
	for len(members) < worldSize {
		members = append(members, slices.MaxFunc(explored, func(a, b *Kind) int {
			return gain(apart, members, a) - gain(apart, members, b)
		}))
	}
	return members
}

// gain ranks a kind by the pairs that it adds to a world, then by those that it is still to make with others.
func gain(apart map[[2]*Kind]bool, members []*Kind, k *Kind) (n int) {
	if slices.Contains(members, k) {
		return -1
	}
	for pair := range apart {
		if pair[0] == k || pair[1] == k {
			n++
			if slices.Contains(members, pair[0]) || slices.Contains(members, pair[1]) {
				n += len(explored)
			}
		}
	}
	return n
}
