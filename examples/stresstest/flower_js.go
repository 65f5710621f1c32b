//go:build js && wasm

package main

import "math"

// petal is one instance as the shaders read it.
type petal struct {
	Center [2]float32 // the flower's radius is 1
	Corner [2]float32 // from the center to one corner of the square
	Color  [4]float32
}

// camera is the data that all petals share.
type camera struct {
	Turn [2]float32 // cosine and sine
	Zoom [2]float32 // from the flower to clip space
}

const (
	petalSize  = 8 * 4
	cameraSize = 4 * 4
)

// seed is the part of a petal that stays the same: its direction, and its
// distance from the middle.
type seed struct{ x, y, radius float32 }

// newSeeds places n seeds as a sunflower does: each a golden angle further
// than the one before, all as dense as each other.
func newSeeds(n int) []seed {
	goldenAngle := math.Pi * (3 - math.Sqrt(5))
	seeds := make([]seed, n)
	for i := range seeds {
		y, x := math.Sincos(float64(i) * goldenAngle)
		seeds[i] = seed{float32(x), float32(y), float32(math.Sqrt(float64(i) + 0.5))}
	}
	return seeds
}

// bloom writes the petals as they are at a time in seconds. Every one moves,
// turns, breathes and changes its colour, so nothing of the frame before can
// be kept.
func bloom(petals []petal, seeds []seed, seconds float64) {
	outermost := float32(math.Sqrt(float64(len(petals))))
	size := 1.15 / outermost
	t := float32(seconds)
	for i := range petals {
		s := &seeds[i]
		r := s.radius / outermost
		wave := sine(9*r - 1.6*t)
		swirl := sine(3*s.x*r + 2*s.y*r + 0.7*t)
		at := r * (0.95 + 0.05*wave)
		half := size * (0.62 + 0.38*wave)
		angle := 2*swirl + t
		petals[i] = petal{
			Center: [2]float32{s.x * at, s.y * at},
			Corner: [2]float32{half * sine(angle), half * sine(angle+math.Pi/2)},
			Color:  colorAt(0.5+0.5*swirl, 0.5+0.5*wave),
		}
	}
}

var (
	teal = [3]float32{0.16, 0.62, 0.86}
	rose = [3]float32{0.93, 0.25, 0.48}
	gold = [3]float32{1.00, 0.76, 0.30}
)

// colorAt goes from teal over rose to gold, and is the brighter the higher
// the wave.
func colorAt(hue, wave float32) [4]float32 {
	from, to, share := teal, rose, 2*hue
	if hue > 0.5 {
		from, to, share = rose, gold, 2*hue-1
	}
	var c [4]float32
	for i := range from {
		c[i] = (from[i] + (to[i]-from[i])*share) * (0.35 + 0.65*wave)
	}
	c[3] = 1
	return c
}

const sineSteps = 4096

var sines = func() (table [sineSteps]float32) {
	for i := range table {
		table[i] = float32(math.Sin(2 * math.Pi * float64(i) / sineSteps))
	}
	return table
}()

// sine is a sine in 4,096 steps, read from a table: four are needed a petal.
func sine(x float32) float32 {
	return sines[int(x*(sineSteps/(2*math.Pi))+sineSteps)&(sineSteps-1)]
}
