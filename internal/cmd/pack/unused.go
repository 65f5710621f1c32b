package main

import (
	"fmt"
	"regexp"
	"slices"
)

// An unused part is functions that no run of the module calls, though the linker has to keep them. Their bodies are left
// out, and those of all functions that only they lead to: whoever calls one ends the module.
type unusedPart struct {
	names *regexp.Regexp // of whole names
	// callers are the functions that call them all the same, for no run. The linker keeps others for a table.
	callers *regexp.Regexp
	// without are functions that the module may not have: only after a call of one of these a run would come here.
	without []string
	why     string
}

var anyone = regexp.MustCompile("")

var unusedParts = []unusedPart{
	{
		names: names(`time\.Time\.(String|Format|AppendFormat|GoString|appendFormat)`, `time\.\(\*Time\)\.(String|Format)`),
		why:   "a Context has a time.Time, and the text of a Context may ask any value for its String: no value is a time",
	},
	{
		names:   names(`runtime\.(schedtrace|printScavTrace|checkFinalizersAndCleanups|dumpScanStats)`),
		callers: anyone,
		why:     "only GODEBUG asks for it, and a page has no environment",
	},
	{
		names:   names(`internal/bisect\..*`),
		callers: names(`internal/godebug\.(parse|\(\*Setting\)\.Value)`),
		why:     "only GODEBUG with a # asks for it",
	},
	{
		names:   names(`runtime\.initMetrics`),
		callers: names(`internal/godebug\.registerMetric`),
		why:     "a setting of GODEBUG that is not the default counts its uses",
	},
	{
		names: names(`runtime\.trace(AcquireEnabled|Reader|ReaderAvailable|Release|ThreadDestroy|Advance)`,
			`runtime\.traceLocker\.[^o].*`,                         // all but ok
			`runtime\.\(\*trace(SchedResourceState|Buf)\)\.[^r].*`, // all but reset, and what only the others call
		),
		callers: anyone,
		without: []string{"runtime.StartTrace"},
		why:     "nothing is traced unless StartTrace was called",
	},
	{
		names:   names(`runtime\.(blockevent|mutexevent|tryRecordGoroutineProfile)`, `runtime\.\(\*profBuf\)\..*`),
		callers: anyone,
		without: []string{
			"runtime.SetBlockProfileRate", "runtime.SetMutexProfileFraction", "runtime.SetCPUProfileRate",
			"runtime.goroutineProfileWithLabelsConcurrent",
		},
		why: "there is no profile unless one was asked for",
	},
}

// silent are functions without results that only write, only check, or read what is empty. They return at once.
var silent = names(
	// The trace of a panic, of which nothing can be read without the names, files and lines. What package runtime shows of
	// itself before it ends the program.
	`runtime\.(traceback|tracebackothers|traceback1|tracebacksomeothers|goroutineheader|gcDumpObject|hexdumpWords|dumpgstatus)`,
	// Numbers with a point, in the text of a panic.
	`runtime\.print(float64|float32|complex128|complex64)`,
	// Checks of what compiler and linker made, and of the types of several modules.
	`runtime\.(moduledataverify1|check|typelinksinit)`,
	// Reading GODEBUG, which a page cannot set, and whose default is empty.
	`runtime\.parsegodebug|internal/godebug\.update|internal/cpu\.processOptions`,
)

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

// Bodies of no locals.
var (
	trap = []byte{0, 0x00, end} // ends the module
	// returns pops the return address of Go's stack, and says that nothing is to be unwound.
	returns = []byte{0, globalGet, stackPointer, i32Const, 8, i32Add, globalSet, stackPointer, i32Const, 0, end}
)

// dropUnused leaves out the bodies of functions that are not used, and all that the memory tells of them.
func (m module) dropUnused(memory *image, t *funcTable, functions []function, parts []unusedPart) error {
	codes, imports, exports := m.section(codeSection), m.section(importSection), m.section(exportSection)
	if codes == nil || imports == nil || exports == nil {
		return errTable
	}
	imported, err := importedFunctions(imports.body)
	if err != nil {
		return err
	}
	c, err := readCode(codes.body, functions)
	if err != nil {
		return err
	}
	p := findPointers(memory, t)
	if err := p.addExports(exports.body, imported); err != nil {
		return err
	}
	all, err := t.allNames(functions)
	if err != nil {
		return err
	}
	for i := range functions {
		if silent.MatchString(all[i]) {
			c[i] = returns
		}
	}
	used, err := c.reach(all, p, imported, parts)
	if err != nil {
		return err
	}
	for i, f := range functions {
		if !used[i] {
			c[i] = trap
			f.forget()
		}
	}
	codes.body = c.encode()
	return c.clearPowersOfTen(memory)
}

// reach tells which functions are used. It fails if one of those calls a function of a part.
func (c code) reach(all []string, p *pointers, imported uint64, parts []unusedPart) (used []bool, err error) {
	part := make([]*unusedPart, len(all))
	for i, name := range all {
		for n := range parts {
			if slices.Contains(parts[n].without, name) {
				return nil, fmt.Errorf("there is %s, so it is not true: %s", name, parts[n].why)
			}
			if parts[n].names.MatchString(name) {
				part[i] = &parts[n]
			}
		}
	}
	used = make([]bool, len(all))
	for queue := p.roots; len(queue) > 0; {
		i := queue[0]
		queue = queue[1:]
		if used[i] || part[i] != nil {
			continue
		}
		used[i] = true
		found, err := references(c[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i], err)
		}
		for _, n := range found.called {
			if n < imported || n-imported >= uint64(len(all)) {
				continue
			}
			called := uint32(n - imported)
			if p := part[called]; p != nil && (p.callers == nil || !p.callers.MatchString(all[i])) {
				return nil, fmt.Errorf("%s calls %s, which was not to be used: %s", all[i], all[called], p.why)
			}
			queue = append(queue, called)
		}
		for _, n := range found.constants {
			queue = append(queue, p.at(n)...)
		}
	}
	return used, nil
}
