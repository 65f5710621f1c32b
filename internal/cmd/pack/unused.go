package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// An unused part is functions that no run of the module calls, though the linker has to keep them. Their bodies are left
// out: whoever calls one ends the module.
type unusedPart struct {
	names *regexp.Regexp // of whole names
	// callers are the functions that call them all the same, for no run. The linker keeps others for a table.
	callers []string
	why     string
}

var unusedParts = []unusedPart{
	{names: names(`time\.Time\.(String|locabs|Format|AppendFormat|GoString|appendFormat|appendFormatRFC3339)`, `time\.\(\*Time\)\.(String|Format)`,
		`time\.(nextStdChunk|appendNano|tzset|tzsetName|tzsetOffset|tzsetRule|tzsetNum|tzruleTime|initLocal)`,
		`time\.\(\*Location\)\.(lookup|lookupFirstZone|firstZoneUsed)`, `time\.(Month|Weekday)\.String`),
		why: "a Context has a time.Time, and the text of a Context may ask any value for its String: no value is a time"},
	{names: names(`internal/bisect\..*`), callers: []string{"internal/godebug.parse", "internal/godebug.(*Setting).Value"}, why: "only GODEBUG with a # asks for it, and a page has no environment"},
	{names: names(`runtime\.initMetrics(\.func[0-9]+)*`), callers: []string{"internal/godebug.registerMetric"}, why: "a setting of GODEBUG that is not the default counts its uses"},
}

func names(patterns ...string) *regexp.Regexp {
	all := ""
	for i, p := range patterns {
		if i > 0 {
			all += "|"
		}
		all += p
	}
	return regexp.MustCompile("^(?:" + all + ")$")
}

// code is the bodies of a code section, by row of the table of functions.
type code [][]byte

// firstEntry is the program counter of the first function.
const firstEntry = 0x1000

func readCode(body []byte, functions []function) (code, error) {
	r := reader{body}
	bodies := make(code, r.unsigned())
	if len(functions) > len(bodies) {
		return nil, errTable
	}
	for i := range bodies {
		b, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		bodies[i] = b
	}
	for i, f := range functions {
		if f.word(entryAt) != firstEntry+uint32(i) {
			return nil, errTable
		}
	}
	return bodies, nil
}

func (c code) encode() []byte {
	body := appendUnsigned(nil, uint64(len(c)))
	for _, b := range c {
		body = append(appendUnsigned(body, uint64(len(b))), b...)
	}
	return body
}

// trap is a body of no locals that ends the module.
var trap = []byte{0, 0x00, end}

// dropUnused leaves out the bodies of functions that are not used, and tells which. It refuses to if another function
// calls one of them.
func (t *funcTable) dropUnused(c code, functions []function, imported uint64, parts []unusedPart) (dropped []bool, err error) {
	all := make([]string, len(functions))
	part := make([]int, len(functions)) // from 1 on
	for i, f := range functions {
		if all[i], err = t.name(f); err != nil {
			return nil, err
		}
		part[i] = 1 + slices.IndexFunc(parts, func(p unusedPart) bool { return p.names.MatchString(all[i]) })
	}
	for i := range functions {
		if part[i] > 0 {
			continue
		}
		called, err := calls(c[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i], err)
		}
		for _, n := range called {
			if n < imported || n-imported >= uint64(len(functions)) {
				continue
			}
			if p := part[n-imported]; p > 0 && !slices.Contains(parts[p-1].callers, all[i]) {
				return nil, fmt.Errorf("%s calls %s, which was not to be used: %s", all[i], all[n-imported], parts[p-1].why)
			}
		}
	}
	dropped = make([]bool, len(functions))
	for i := range functions {
		if part[i] > 0 {
			dropped[i], c[i] = true, trap
		}
	}
	return dropped, nil
}

var errInstruction = errors.New("an instruction is not one of those that Go writes")

// calls lists the functions that a body calls by their numbers.
func calls(body []byte) (called []uint64, err error) {
	r := reader{body}
	for n := r.unsigned(); n > 0; n-- { // groups of locals
		r.unsigned()
		r.byte()
	}
	for len(r.rest) > 0 {
		op := r.byte()
		if op == callOp {
			called = append(called, r.unsigned())
		} else if !r.skipOperands(op) {
			return nil, fmt.Errorf("%w: %#x", errInstruction, op)
		}
	}
	return called, nil
}

// https://webassembly.github.io/spec/core/binary/instructions.html
const (
	blockOp, ifOp        = 0x02, 0x04
	brOp, brTableOp      = 0x0c, 0x0e
	callOp, callIndirect = 0x10, 0x11
	i64Store32           = 0x3e
	memorySize, memGrow  = 0x3f, 0x40
	i64Const, f32Const   = 0x42, 0x43
	f64Const             = 0x44
	lastNumeric          = 0xc4
	prefixed             = 0xfc
	memoryCopy, memFill  = 10, 11
)

// skipOperands skips the operands of an instruction, and reports whether it knows that.
func (r *reader) skipOperands(op byte) (known bool) {
	switch {
	case op >= blockOp && op <= ifOp, op == memorySize, op == memGrow:
		r.byte()
	case op == brOp, op == brIf, op >= localGet && op <= 0x24, op == i32Const, op == i64Const: // to 0x24: locals and globals
		r.unsigned()
	case op == brTableOp:
		for n := r.unsigned() + 1; n > 0 && len(r.rest) > 0; n-- {
			r.unsigned()
		}
	case op == callIndirect, op >= i32Load && op <= i64Store32:
		r.unsigned()
		r.unsigned()
	case op == f32Const:
		_, _ = r.take(4)
	case op == f64Const:
		_, _ = r.take(8)
	case op == prefixed:
		return r.skipPrefixed(r.unsigned())
	default:
		return op <= 0x1b || op > f64Const && op <= lastNumeric // control, drop, select; numbers
	}
	return true
}

// skipPrefixed skips the operands of a saturating conversion, or of an instruction on the memory.
func (r *reader) skipPrefixed(op uint64) (known bool) {
	switch {
	case op == memoryCopy:
		r.byte()
		r.byte()
	case op == memFill:
		r.byte()
	}
	return op < 8 || op == memoryCopy || op == memFill
}
