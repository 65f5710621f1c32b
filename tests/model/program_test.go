package model

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestAProgramIsReadFromItsText(t *testing.T) {
	for seed := range uint64(50) {
		p := Draw(rand.New(rand.NewPCG(seed, 0)), 30)
		q, err := Parse(p.String())
		if err != nil || !reflect.DeepEqual(p, q) {
			t.Fatalf("%v\n%s\nis read as\n%s", err, p, q)
		}
	}
}

func TestWhatIsNoProgramIsRefused(t *testing.T) {
	for _, text := range []string{"fly", "write wings=2", "write at=far"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q", text)
		}
	}
}

func TestEveryKindIsDrawn(t *testing.T) {
	drawn := map[*Kind]bool{}
	for _, op := range Draw(rand.New(rand.NewPCG(1, 0)), 20000).Ops[len(prelude):] {
		drawn[op.Kind] = true
	}
	names := map[string]bool{}
	for _, k := range kinds {
		if !drawn[k] || k.Model == nil || k.Run == nil || names[k.Name] {
			t.Errorf("%q", k.Name)
		}
		names[k.Name] = true
	}
}

func TestShrinkLeavesWhatMatters(t *testing.T) {
	p := Draw(rand.New(rand.NewPCG(1, 0)), 60)
	p.Ops = append(p.Ops, mustParse("grow buffer=1 capacity=4096\nsleep ms=9\nwrite buffer=1 at=8 size=64 seed=5")...)
	got := Shrink(p, func(q Program) bool {
		text := q.String()
		grown := strings.Index(text, "grow buffer=1")
		return grown >= 0 && strings.Contains(text[grown:], "write buffer=1 at=8")
	})
	want := Program{Ops: mustParse("grow buffer=1 capacity=256\nwrite buffer=1 at=8 size=16 seed=1")}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got\n%s", got)
	}
}
