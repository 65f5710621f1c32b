package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

const jpegQuality = 88

// encodePicture paints a square picture of veined, lit marble: noise whose
// domain is bent twice by further noise, coloured by how far it was bent.
// https://iquilezles.org/articles/warp/
func encodePicture(size int) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			img.SetRGBA(x, y, marble(float64(x)/float64(size), float64(y)/float64(size)))
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: jpegQuality})
	return out.Bytes(), err
}

func marble(u, v float64) color.RGBA {
	const step = 1.0 / 1024
	height, bend, swirl := warped(u, v)
	right, _, _ := warped(u+step, v)
	below, _, _ := warped(u, v+step)
	light := relief((height-right)/step, (height-below)/step)

	c := mix(midnight, teal, smooth(0.1, 0.75, height))
	c = mix(c, magenta, 0.85*smooth(0.35, 0.85, bend))
	c = mix(c, amber, smooth(0.45, 0.95, swirl*height*1.9))
	c = mix(c, ivory, 0.9*math.Pow(smooth(0.55, 0.95, height), 3))
	return shade(c, light)
}

// warped returns the noise at a point, and how far the two bends moved it.
func warped(u, v float64) (height, bend, swirl float64) {
	x, y := 3*u, 3*v
	ax, ay := fractal(x, y), fractal(x+5.2, y+1.3)
	bx, by := fractal(x+4*ax+1.7, y+4*ay+9.2), fractal(x+4*ax+8.3, y+4*ay+2.8)
	height = fractal(x+4*bx, y+4*by)
	return height, math.Hypot(ax-0.5, ay-0.5) * 2.6, math.Abs(bx-by) * 2.4
}

// relief is the light on a surface of the given slopes, from the upper left.
func relief(dx, dy float64) float64 {
	const flat = 22.0
	n := vec{dx, dy, flat}
	n = n.scale(1 / n.length())
	light := vec{0.45, 0.5, 0.74}
	return 0.35 + 0.9*max(0, n[0]*light[0]+n[1]*light[1]+n[2]*light[2])
}

var (
	midnight = vec{0.02, 0.05, 0.16}
	teal     = vec{0.02, 0.48, 0.55}
	magenta  = vec{0.72, 0.08, 0.38}
	amber    = vec{1.0, 0.62, 0.12}
	ivory    = vec{1.0, 0.95, 0.84}
)

func mix(a, b vec, t float64) vec { return a.scale(1 - t).add(b.scale(t)) }

// smooth runs from 0 at low to 1 at high, without corners.
func smooth(low, high, x float64) float64 {
	t := min(1, max(0, (x-low)/(high-low)))
	return t * t * (3 - 2*t)
}

func shade(c vec, light float64) color.RGBA {
	channel := func(linear float64) uint8 {
		return uint8(255*min(1, max(0, math.Pow(linear*light, 1/1.6))) + 0.5)
	}
	return color.RGBA{channel(c[0]), channel(c[1]), channel(c[2]), 255}
}

// fractal adds five octaves of noise, to about 0..1.
func fractal(x, y float64) float64 {
	sum, amplitude := 0.0, 0.5
	for range 5 {
		sum += amplitude * noise(x, y)
		// Turned as well as scaled, so that the grids do not line up.
		x, y = 1.6*x+1.2*y, -1.2*x+1.6*y
		amplitude /= 2
	}
	return sum / 0.96875
}

// noise interpolates random values on a grid of unit squares.
func noise(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int32(fx), int32(fy)
	tx, ty := smooth(0, 1, x-fx), smooth(0, 1, y-fy)
	top := lerp(lattice(ix, iy), lattice(ix+1, iy), tx)
	bottom := lerp(lattice(ix, iy+1), lattice(ix+1, iy+1), tx)
	return lerp(top, bottom, ty)
}

func lerp(a, b, t float64) float64 { return a + (b-a)*t }

// lattice is a fixed pseudorandom value in 0..1 for each grid point.
func lattice(x, y int32) float64 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77
	h = (h ^ h>>15) * 0x2c1b3c6d
	h = (h ^ h>>12) * 0x297a2d39
	return float64(h^h>>15) / math.MaxUint32
}
