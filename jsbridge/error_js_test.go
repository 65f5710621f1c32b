//go:build js && wasm

package jsbridge

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatJavaScriptThrowsBecomesAnError(t *testing.T) {
	for thrown, want := range map[string]Error{
		"error":  {Name: "RangeError", Message: "too far"},
		"number": {Name: "Error", Message: "<number: 42>"},
		"text":   {Name: "Error", Message: "no"},
		"null":   {Name: "Error", Message: "<null>"},
		"trap":   {Name: "Error"},
		"silent": {Name: "Error"},
	} {
		t.Run(thrown, func(t *testing.T) {
			m := method{class: "Test", name: thrown, fn: fake.Get("throws").Get(thrown)}
			_, err := m.call()
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "Test."+thrown, e.Op)
			require.Equal(t, want.Name, e.Name)
			require.Equal(t, want.Message, e.Message)
		})
	}
}

func TestAMethodThatTheBrowserLacksIsNotSupported(t *testing.T) {
	for _, m := range []method{
		{class: "GPUNothing", name: "nothing"},
		{class: "GPUBuffer", name: "nothing"},
		{class: "GPUBuffer", name: "nothing", attribute: true},
	} {
		_, err := m.call()
		require.ErrorIs(t, err, ErrNotSupported, m.op())
	}
}

func TestGoPanicsAreNotTakenForErrors(t *testing.T) {
	require.PanicsWithValue(t, "mine", func() {
		var err error
		defer catch(&fusedThen, &err)
		panic("mine")
	})
}

func TestAnErrorReadsAsOperationNameMessage(t *testing.T) {
	for want, e := range map[string]Error{
		"jsbridge: GPUQueue.submit: TypeError: no": {Op: "GPUQueue.submit", Name: "TypeError", Message: "no"},
		"jsbridge: ValidationError: bad":           {Name: "ValidationError", Message: "bad"},
		"jsbridge: GPUQueue.submit: AbortError":    {Op: "GPUQueue.submit", Name: "AbortError"},
	} {
		require.Equal(t, want, e.Error())
	}
}

func TestErrorsAreComparedByName(t *testing.T) {
	err := error(&Error{Name: "AbortError"})
	require.ErrorIs(t, err, ErrAbort)
	require.NotErrorIs(t, err, ErrOperation)
	require.NotErrorIs(t, err, errors.New("AbortError"))
}
