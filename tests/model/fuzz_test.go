package model

import "testing"

// FuzzPrograms takes any bytes for a program. What fails is printed as the shortest program that does.
func FuzzPrograms(f *testing.F) {
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 2000 {
			t.Skip("too long")
		}
		check(t, Decode(choices))
	})
}
