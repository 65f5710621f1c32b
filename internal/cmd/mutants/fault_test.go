package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const written = `One is forgotten.
in area/one.go
red native ./area TestOne|TestTwo/^one$
 func one() {
-	forget()
+
 }

One begins twice.
in area/one.go
red page TestOne
-func one() {
+func one() {
+	begin()
`

func TestFaultsAreParsed(t *testing.T) {
	faults, err := parse("area", written)
	require.NoError(t, err)
	require.Equal(t, []fault{
		{"area", "One is forgotten.", "area/one.go", check{native, "./area", "TestOne|TestTwo/^one$"}, "func one() {\n\tforget()\n}\n", "func one() {\n\n}\n"},
		{"area", "One begins twice.", "area/one.go", check{page, headless, "TestOne"}, "func one() {\n", "func one() {\n\tbegin()\n"},
	}, faults)
}

func TestWhatIsNoFaultIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no lines of a diff": "What.\nin a.go\nred page TestOne",
		"no file":            "What.\na.go\nred page TestOne\n-a",
		"no test":            "What.\nin a.go\nred page\n-a",
		"no such kind":       "What.\nin a.go\nred elsewhere ./a TestOne\n-a",
		"no line of a diff":  "What.\nin a.go\nred page TestOne\nfunc one() {",
	} {
		_, err := parse("area", text)
		require.Error(t, err, name)
	}
}

func TestAFaultIsPlantedOnce(t *testing.T) {
	f := fault{old: "\ta()\n", new: "\tb()\n"}
	planted, err := f.plant("one\n\ta()\n\t\ta()\n")
	require.NoError(t, err)
	require.Equal(t, "one\n\tb()\n\t\ta()\n", planted)
	for _, source := range []string{"", "\ta() // changed\n", "\ta()\n\n\ta()\n"} {
		_, err := f.plant(source)
		require.Error(t, err, "%q", source)
	}
	_, err = (&fault{old: "a\n", new: "a\n"}).plant("a\n")
	require.Error(t, err, "it changes nothing")
}

func TestAFaultThatDoesNotApplyIsFound(t *testing.T) {
	tree := fstest.MapFS{
		"area/one.go":      {Data: []byte("package area\n\nfunc one() {\n\tforget()\n}\n")},
		"area/one_test.go": {Data: []byte("package area\n\nfunc TestOne(t *testing.T) {}\n")},
	}
	sound := fault{file: "area/one.go", test: check{native, "./area", "TestOne/sub"}, old: "\tforget()\n"}
	require.NoError(t, sound.verify(tree))
	for name, change := range map[string]func(*fault){
		"another file": func(f *fault) { f.file = "area/two.go" },
		"other lines":  func(f *fault) { f.old = "\tremember()\n" },
		"another test": func(f *fault) { f.test.pattern = "TestOne|TestTwo" },
		"no page":      func(f *fault) { f.file = "area/one.js" },
	} {
		f := sound
		change(&f)
		require.Error(t, f.verify(tree), name)
	}
}

func TestAFailureOfATestIsToldFromThatOfABuild(t *testing.T) {
	for out, want := range map[string]string{
		"    --- FAIL: TestOne/sub (0.00s)\n":                          "red",
		"--- FAIL: TestOne (0.00s)\npanic: nil [recovered]":            "red",
		"panic: out of range\n\ngoroutine 7":                           "red, ends",
		"panic: test timed out after 3m0s\n":                           "red, hangs",
		"# area\n./one.go:3: undefined: b\nFAIL area [build failed]\n": "",
	} {
		what, err := judge(out)
		require.Equal(t, want, what, out)
		require.Equal(t, want == "", err != nil, out)
	}
}

func TestTestsOfAPackageRunTogether(t *testing.T) {
	var faults []fault
	for _, pattern := range []string{"TestTwo/^b$", "TestOne/^a$", "TestOne/^b$", "TestThree"} {
		faults = append(faults, fault{test: check{page, headless, pattern}})
	}
	require.ElementsMatch(t, []check{
		{page, headless, "TestOne|TestTwo/(^a$|^b$)"},
		{page, headless, "TestThree/()"},
	}, suites(faults))
}
