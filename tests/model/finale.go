package model

// prelude are the operations that programs begin with: they make something of each kind.
var prelude = mustParse(`
		new buffer=0 capacity=256
		new buffer=1 capacity=4096
		newRaw capacity=1024
		newReadback readback=0
		newReadback readback=1
		newDynamic dynamic=0 capacity=1024
		stage staging=0 capacity=1024
		stage staging=2 capacity=4096
		encode encoder=0
		newMappable buffer=5 capacity=256 mode=1`)

func mustParse(text string) []Op {
	p, err := Parse(text)
	if err != nil {
		panic("model: " + err.Error())
	}
	return p.Ops
}

// finale are the operations after which nothing waits and nothing is held.
func finale() (ops []Op) {
	return mustParse(`
		release
		discard system=0
		discard system=1
		flushReads system=0
		flushReads system=1`)
}
