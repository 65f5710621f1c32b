package main

import (
	"fmt"
	"slices"
	"strings"
)

// A row is one promise.
type row struct {
	line     int
	document string   // that makes it: the file or folder of the heading above
	subjects []string // exported names or patterns of them, or a heading of a document of prose
	promise  string
	tests    []test
}

// A test is one that turns red if the promise is broken.
type test struct {
	place string // a package's folder, or a file of JavaScript in modules
	name  string // with the names of subtests behind slashes, as t.Run has them
}

// fault is a message about a row.
func (r *row) fault(format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", table, r.line) + fmt.Sprintf(format, args...)
}

// parse reads the rows of the tables below the headings of second level.
func parse(text string) ([]row, error) {
	var rows []row
	document, at := "", 0
	for line := range strings.SplitSeq(text, "\n") {
		at++
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			document = heading
		}
		if document == "" || !isRow(line) {
			continue
		}
		r, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", table, at, err)
		}
		r.line, r.document = at, document
		rows = append(rows, r)
	}
	return rows, nil
}

func isRow(line string) bool {
	return strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| about |")
}

func parseRow(line string) (r row, err error) {
	cells := strings.Split(strings.Trim(line, "| "), " | ")
	if len(cells) != 3 {
		return r, fmt.Errorf("want | about | promise | turns red |, not %d cells", len(cells))
	}
	r.subjects, r.promise = strings.Split(cells[0], "; "), cells[1]
	for written := range strings.SplitSeq(cells[2], "; ") {
		place, name, ok := strings.Cut(written, " ")
		if !ok {
			return r, fmt.Errorf(`want "FOLDER TestName" or "file.js name", not %q`, written)
		}
		r.tests = append(r.tests, test{place, name})
	}
	return r, nil
}

// testsOf are the tests of all rows, each once.
func testsOf(rows []row) []test {
	var all []test
	for _, r := range rows {
		all = append(all, r.tests...)
	}
	slices.SortFunc(all, func(a, b test) int { return strings.Compare(a.place+" "+a.name, b.place+" "+b.name) })
	return slices.Compact(all)
}
