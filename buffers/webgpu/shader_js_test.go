//go:build js && wasm

package webgpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// What a browser says of a shader reaches its Go program as one error, and nobody else.
func TestFaultsOfAShaderHaveTheirPlaces(t *testing.T) {
	d, late := open(t)
	compile := func(code string) error {
		_, err := d.Bridge().CompileShaderModule(t.Context(), &jsbridge.ShaderModuleDescriptor{Label: "sky.wgsl", Code: code})
		return err
	}
	require.NoError(t, compile("@compute @workgroup_size(1) fn main() {}"))

	err := compile("@compute @workgroup_size(1)\nfn main() {\n  let x = sunshine + 1;\n}\n")
	var shader *jsbridge.ShaderError
	require.ErrorAs(t, err, &shader)
	require.Len(t, shader.Messages, 1)
	require.Equal(t, []uint64{3, 11}, []uint64{shader.Messages[0].Line, shader.Messages[0].Column})
	require.ErrorContains(t, err, "sky.wgsl:3:11: ")
	require.ErrorContains(t, err, "sunshine")
	require.NoError(t, <-d.Queue().WorkDone())
	require.Empty(t, late.take())
}
