// Command promises checks tests/promises.md, the table of the documents' promises and of the tests that turn red if
// one does not hold. Each test is there, and each name that the packages and the ES module export has a row.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
)

const table = "tests/promises.md"

func main() {
	dir := flag.String("dir", ".", "root of the module")
	flag.Parse()
	rows, faults, err := run(os.DirFS(*dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, "promises:", err)
		os.Exit(2)
	}
	for _, fault := range faults {
		fmt.Println(fault)
	}
	fmt.Printf("%d promises, %d tests, %d faults of the table\n", len(rows), len(testsOf(rows)), len(faults))
	if len(faults) > 0 {
		os.Exit(1)
	}
}

func run(root fs.FS) ([]row, []string, error) {
	text, err := fs.ReadFile(root, table)
	if err != nil {
		return nil, nil, err
	}
	rows, err := parse(string(text))
	if err != nil {
		return nil, nil, err
	}
	var faults []string
	for _, check := range []func(fs.FS, []row) ([]string, error){checkTests, checkSubjects, checkExports} {
		found, err := check(root, rows)
		if err != nil {
			return nil, nil, err
		}
		faults = append(faults, found...)
	}
	return rows, faults, nil
}
