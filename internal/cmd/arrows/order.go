package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// rooms are the files of the core from top to bottom, a line a room. A file may use declarations of those below.
var rooms = strings.Fields(`
	doc.go
	host_read.go host_upload.go host_write.go host_dynamic.go host.go
	system_scope.go system_new.go system_upload.go system_calibration.go system.go frame.go
	dynamic.go dynamic_page.go dynamic_arena.go readback.go
	staging_deferred.go staging_immediate.go staging_range.go staging.go
	upload_job.go upload_shared.go upload.go upload_ring.go upload_queue.go upload_stream.go
	device_ranges.go device_wrap.go device_buffer.go device_grow.go mappable.go
	engine_flush.go engine_calibration.go engine_prober.go engine_meter.go engine_reads.go engine.go engine_kept.go engine_row.go engine_path.go
	read_belt.go read.go read_collect.go read_host.go read_land.go read_ring.go read_late.go read_queue.go
	read_group.go read_chunk.go read_owner.go read_hold.go
	write_host.go write_belt.go write_jobs.go flights.go
	pool.go
	shared.go shared_handle.go shared_replaced.go options.go shared_upkeep.go shared_wait.go shared_budget.go shared_watchdog.go stats.go shared_log.go shared_moment.go shared_scratch.go shared_size.go shared_list.go
	gpu.go
`)

// upward are the uses that run up all the same: a type and a part of it that know each other.
var upward = map[use]string{
	{"device_grow.go", "device_buffer.go"}:  "a buffer has the Grows whose outcome is open, and each puts a GPU buffer behind it",
	{"dynamic_page.go", "dynamic.go"}:       "pages are a part of their ring",
	{"engine.go", "engine_meter.go"}:        "the meter is a part of the engine, to which it tells what it has seen",
	{"engine.go", "engine_reads.go"}:        "the guide of reads is a part of the engine, whose chooser it asks",
	{"engine_reads.go", "engine_prober.go"}: "the guide has the cost of a copy probed, and the prober tells it",
	{"engine.go", "engine_prober.go"}:       "the engine has its paths probed, by transfers through the engine",
	{"frame.go", "system.go"}:               "frames submit what the System holds",
	{"shared_handle.go", "shared.go"}:       "the holdings are a list that begins in what is shared, and each counts there",
	{"pool.go", "read_chunk.go"}:            "a chunk carries the parts of reads that lie in it",
	{"read_chunk.go", "read_queue.go"}:      "a reading settles in its queue",
	{"read_queue.go", "read_late.go"}:       "the queue keeps the scratch of what it lists",
	{"upload_queue.go", "upload.go"}:        "each of the two ways is a part of its upload",
	{"upload_ring.go", "upload.go"}:         "each of the two ways is a part of its upload",
	{"upload.go", "upload_job.go"}:          "an upload ends the job that goes on with it",
}

// use says that one file uses a declaration of another.
type use struct{ from, to string }

// usesOf are the uses between the files of the package in dir, tests left out.
func usesOf(dir string) (map[use]bool, error) {
	files := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	build.Default.Dir = dir // where the importer looks for modules
	checker := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
	pkg, err := checker.Check(dir, files, parsed, info)
	if err != nil {
		return nil, err
	}
	uses := map[use]bool{}
	file := func(p token.Pos) string { return filepath.Base(files.Position(p).Filename) }
	for name, declared := range info.Uses {
		if declared.Pkg() != pkg {
			continue
		}
		if u := (use{file(name.Pos()), file(declared.Pos())}); u.from != u.to {
			uses[u] = true
		}
	}
	return uses, nil
}

// checkOrder yields a line for each use that runs up the list without a reason, and for each reason that nothing needs.
func checkOrder(uses map[use]bool, rooms []string, upward map[use]string) (lines []string, up int) {
	for u := range uses {
		from, to := slices.Index(rooms, u.from), slices.Index(rooms, u.to)
		switch {
		case from < 0:
			lines = append(lines, u.from+": is in none of the core's rooms (order: see rooms)")
		case to >= 0 && from > to:
			up++
			if upward[u] == "" {
				lines = append(lines, fmt.Sprintf("%s: uses %s, which stands above it (order: the core reads from top to bottom)", u.from, u.to))
			}
		}
	}
	for u := range upward {
		if !uses[u] {
			lines = append(lines, fmt.Sprintf("%s: does not use %s any more (order: take the reason away)", u.from, u.to))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines), up
}
