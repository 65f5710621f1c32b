package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheTableOfAnArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parts.zip")
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, content := range []string{strings.Repeat("x", 3000), strings.Repeat("y", 1000)} {
		f, err := w.Create("of " + content[:1])
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(content))
	}
	w.Close()
	if err := os.WriteFile(path, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := weigh(path, &table); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	want := []string{"| part | raw, bytes |", "|---|", "| of x | 3,000 | 75.0 % | ", "| of y | 1,000 | 25.0 % | ", "| together | 4,000 | 100.0 % | "}
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), table.String())
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %q does not begin by %q", lines[i], want[i])
		}
	}
	if err := weigh(filepath.Join(t.TempDir(), "none.zip"), &table); err == nil {
		t.Error("there is no such archive")
	}
}

func TestGroupedNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", 1000001: "1,000,001"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}
