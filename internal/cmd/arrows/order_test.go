package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsesBetweenFilesAreThoseOfTypesMethodsAndFields(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/m\n\ngo 1.26\n",
		"top.go":    "package m\n\nimport \"strings\"\n\nfunc top(b *bottom) string { return strings.Repeat(b.name, b.n()) }\n",
		"field.go":  "package m\n\nfunc field(b interface{ n() int }) int { return b.n() }\n",
		"bottom.go": "package m\n\ntype bottom struct{ name string }\n",
		"n.go":      "package m\n\nfunc (bottom) n() int { return 1 }\n",
		"n_test.go": "package m\n\nvar _ = top\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	uses, err := usesOf(dir)
	require.NoError(t, err)
	require.Equal(t, map[use]bool{{"top.go", "bottom.go"}: true, {"top.go", "n.go"}: true, {"n.go", "bottom.go"}: true}, uses)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "bottom.go"), []byte("package m\n"), 0o600))
	_, err = usesOf(dir)
	require.ErrorContains(t, err, "bottom")
}

func TestUsesThatRunUpNeedAReason(t *testing.T) {
	uses := map[use]bool{{"a", "b"}: true, {"c", "a"}: true}
	lines, up := checkOrder(uses, []string{"a", "b", "c"}, map[use]string{{"c", "a"}: "they know each other"})
	require.Empty(t, lines)
	require.Equal(t, 1, up)
	for _, c := range []struct {
		rooms  []string
		upward map[use]string
		line   string
	}{
		{[]string{"a", "b", "c"}, nil, "c: uses a, which stands above it"},
		{[]string{"c", "a", "b"}, map[use]string{{"c", "a"}: "they know each other", {"b", "a"}: "so do they"}, "b: does not use a any more"},
		{[]string{"a", "b"}, nil, "c: is in none of the core's rooms"},
	} {
		lines, _ := checkOrder(uses, c.rooms, c.upward)
		require.Len(t, lines, 1)
		require.Contains(t, lines[0], c.line)
	}
}
