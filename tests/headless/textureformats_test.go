//go:build !js

package headless

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

const textureTable = `# Formats of textures

` + "`StagingBuffer.uploadToTexture`" + ` moves formats up, and ` + "`ReadbackBuffer.readTexture`" + ` moves them back. If one refuses a
format, its code is ` + "`unsupported`" + `, and the table says why. A block is the unit of a copy; its bytes are those in
memory. A format that names a feature is there if the device has it. A device of the feature level "compatibility"
reads no format with blocks of several texels.

` + "`go test ./tests/headless -run TestTextureFormats`" + ` moves each format by this module and by hand, at every mip
level, with layers, in 1D, 2D and 3D, whole and in part. It compares the bytes and this table; with ` + "`-update`" + `
it writes the table. Rows of formats that the adapter lacks stay as they were.

| format | feature | aspect | block | bytes | up | back |
|---|---|---|---|---|---|---|
`

// Every format is moved right or refused for a reason, and the document says which.
func TestTextureFormats(t *testing.T) {
	serveScripts(t, "module")
	p := browser.Open(t, browser.Blank, browser.Timeout(3*time.Minute))
	rows := browser.Eval[[][]string](p, `import("/module/textureformats.js").then((m) => m.table())`)
	require.Greater(t, len(rows), 95)

	path := filepath.Join("..", "..", "docs", "textures.md")
	committed, err := os.ReadFile(path)
	if browser.Updates() {
		require.NoError(t, os.WriteFile(path, []byte(writeTable(rows, string(committed))), 0o644))
		return
	}
	require.NoError(t, err)
	require.Equal(t, writeTable(rows, string(committed)), string(committed), "run the test with -update")
}

// writeTable takes rows of formats that the adapter lacks from the table before.
func writeTable(rows [][]string, before string) string {
	table := textureTable
	for _, row := range rows {
		known := len(row) - 2
		line := "| " + strings.Join(row, " | ") + " |\n"
		if row[known] == "" {
			line = keptRow("| "+strings.Join(row[:known], " | ")+" |", before)
		}
		table += line
	}
	return table
}

func keptRow(start, before string) string {
	for line := range strings.Lines(before) {
		if strings.HasPrefix(line, start) {
			return line
		}
	}
	return start + " not tried | not tried |\n"
}
