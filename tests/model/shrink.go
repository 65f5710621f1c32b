package model

import "slices"

// Shrink turns a program that fails into a shorter and simpler one that fails too.
func Shrink(p Program, fails func(Program) bool) Program {
	for {
		smaller, ok := simpler(p, fails)
		if !ok {
			return p
		}
		p = smaller
	}
}

// simpler takes out as many operations as it can, and then simplifies the arguments that are left.
func simpler(p Program, fails func(Program) bool) (_ Program, ok bool) {
	try := func(q Program) {
		if fails(q) {
			p, ok = q, true
		}
	}
	for n := max(1, len(p.Ops)/2); n > 0; n /= 2 {
		for at := 0; at+n <= len(p.Ops); {
			before := len(p.Ops)
			try(Program{p.World, slices.Delete(slices.Clone(p.Ops), at, at+n)})
			if len(p.Ops) == before {
				at += n
			}
		}
	}
	for _, param := range worldParams {
		eachSimpler(param, p.World[param], func(value int) bool {
			q := p
			q.World[param] = value
			try(q)
			return p.World[param] == value
		})
	}
	for i := range p.Ops {
		for _, param := range p.Ops[i].Kind.Takes {
			eachSimpler(param, p.Ops[i].Args[param], func(value int) bool {
				q := Program{p.World, slices.Clone(p.Ops)}
				q.Ops[i].Args[param] = value
				try(q)
				return p.Ops[i].Args[param] == value
			})
		}
	}
	return p, ok
}

// eachSimpler tries the values that are simpler than one, from the simplest on, until one will do.
func eachSimpler(param Param, than int, will func(value int) bool) {
	for _, value := range domains[param].values {
		if value == than || will(value) {
			return
		}
	}
}
