//go:build !js

package headless

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// TestTheReadmesJavaScriptRuns runs the program of README.md as it is printed there.
func TestTheReadmesJavaScriptRuns(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, program, found := strings.Cut(string(readme), "```js\n")
	require.True(t, found)
	program, _, _ = strings.Cut(program, "```")
	quoted, err := json.Marshal(strings.Replace(program, `"gpubuffers"`, "new URL('/gpubuffers.js', location).href", 1))
	require.NoError(t, err)

	page := browser.Open(t, browser.Blank)
	printed := browser.Eval[string](page, `(async () => {
		const lines = [];
		const log = console.log;
		console.log = (...values) => { lines.push(values); log(...values); };
		let program = `+string(quoted)+`;
		program = program.replace(/import (\{.*\}) from (.*);/, "const $1 = await import($2);");
		await new (Object.getPrototypeOf(async () => {}).constructor)(program)();
		return JSON.stringify(lines.map((values) => values.map((v) => v instanceof GPUBuffer ? "GPUBuffer" : v)));
	})()`)
	require.JSONEq(t, `[[[2,3]],[20,"GPUBuffer",0],["queue write"]]`, printed)
}
