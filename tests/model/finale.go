package model

import "strings"

// prelude are the operations that programs begin with: they make something of each kind.
var prelude = mustParse(`
		new buffer=0 capacity=256
		new buffer=1 capacity=4096
		newRaw capacity=1024
		newReadback readback=0
		newReadback readback=1
		newDynamic dynamic=0 capacity=1024
		newDynamic dynamic=1 capacity=4096
		stage staging=0 capacity=1024
		stage staging=1 capacity=128 row=32
		stage staging=2 capacity=4096
		stage staging=3 capacity=128 row=32
		newTexture texture=0
		newTexture texture=1
		newMappable buffer=4 capacity=256 mode=2
		newMappable buffer=5 capacity=256 mode=1`)

func mustParse(text string) []Op {
	p, err := Parse(text)
	if err != nil {
		panic("model: " + err.Error())
	}
	return p.Ops
}

// finale are the operations after which nothing waits. They also read all buffers.
var finale = mustParse(`
	release
	abortUpload actor=0
	abortUpload actor=1
	discard system=0
	discard system=1
	flushReads system=0
	flushReads system=1
	submit system=0 encoders=1
	submit system=0 encoders=2
	destroy buffer=4
	destroy buffer=5
	destroyDynamic dynamic=0
	destroyDynamic dynamic=1
` + strings.Repeat(`
	destroyStaging staging=0
	destroyStaging staging=1
	destroyStaging staging=2
	destroyStaging staging=3`, 4) + ` # in turn they get the memory that they wait for
	sleep ms=12000
	newReadback system=0 readback=0
	newReadback system=1 readback=1
	readWhole readback=0 buffer=0
	readWhole readback=0 buffer=1
	readWhole readback=0 buffer=2
	readWhole readback=1 buffer=0
	sleep ms=12000`)

// ending are the operations after which nothing is left.
var ending = mustParse(`
	destroySystem system=0
	destroySystem system=1
	destroy buffer=2`)
