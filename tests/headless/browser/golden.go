//go:build !js

package browser

import (
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"path/filepath"
)

var update = flag.Bool("update", false, "rewrite golden images and generated documents instead of comparing with them")

// Updates reports whether the tests rewrite the files that they otherwise
// compare with.
func Updates() bool { return *update }

// A Tolerance says how far a picture may be from the golden one. Rasterizers
// differ in the last bits of a colour and in the pixels on an edge.
type Tolerance struct {
	Channel uint8   // a pixel differs if a channel is further off than this, of 255
	Share   float64 // the share of pixels that may differ, 0 to 1
}

// Golden compares the first element that the selector names, or the viewport
// if it is empty, with tests/headless/testdata/golden/NAME.png. If they
// differ, the test fails and NAME.actual.png and NAME.diff.png are left in
// tests/headless/artifacts.
func (p *Page) Golden(name, selector string, tolerance Tolerance) {
	p.t.Helper()
	actual, err := p.capture(p.ctx, selector)
	if err != nil {
		p.fatal("capture "+name, err)
	}
	path := filepath.Join(shared.server.root, "tests", "headless", "testdata", "golden", flat(name)+".png")
	if *update {
		if err := writePNG(path, actual); err != nil {
			p.fatal("update "+name, err)
		}
		return
	}
	if err := compareGolden(path, name, actual, tolerance); err != nil {
		p.t.Errorf("browser: golden image %q: %v", name, err)
	}
}

func compareGolden(path, name string, actual image.Image, tolerance Tolerance) error {
	golden, err := readPNG(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w (run the test with -update and look at what it writes)", err)
	}
	if err == nil {
		var diff image.Image
		diff, err = compare(golden, actual, tolerance)
		if diff != nil && err != nil {
			err = errors.Join(err, writePNG(artifact(name+".diff"), diff))
		}
	}
	if err != nil {
		err = errors.Join(err, writePNG(artifact(name+".actual"), actual))
	}
	return err
}

// compare returns an error if the pictures differ beyond the tolerance, and a
// picture of the differences: the golden one faded, with those pixels red.
func compare(golden, actual image.Image, tolerance Tolerance) (image.Image, error) {
	size := golden.Bounds().Size()
	if got := actual.Bounds().Size(); got != size {
		return nil, fmt.Errorf("size %v, want %v", got, size)
	}
	diff := image.NewRGBA(image.Rectangle{Max: size})
	differing, furthest := 0, uint8(0)
	for y := range size.Y {
		for x := range size.X {
			want := rgba(golden, x, y)
			d := distance(want, rgba(actual, x, y))
			furthest = max(furthest, d)
			if d > tolerance.Channel {
				differing++
				diff.SetRGBA(x, y, color.RGBA{R: 255, A: 255})
			} else {
				diff.SetRGBA(x, y, faded(want))
			}
		}
	}
	share := float64(differing) / float64(max(1, size.X*size.Y))
	if share > tolerance.Share {
		return diff, fmt.Errorf("%d pixels (%.3f%%) differ by more than %d, by at most %d; %.3f%% may",
			differing, 100*share, tolerance.Channel, furthest, 100*tolerance.Share)
	}
	return diff, nil
}

// rgba reads a pixel by its place from the top left, whatever the bounds.
func rgba(img image.Image, x, y int) color.NRGBA {
	at := img.Bounds().Min.Add(image.Pt(x, y))
	return color.NRGBAModel.Convert(img.At(at.X, at.Y)).(color.NRGBA)
}

// distance is the largest difference of a channel.
func distance(a, b color.NRGBA) uint8 {
	off := func(x, y uint8) uint8 { return max(x, y) - min(x, y) }
	return max(off(a.R, b.R), off(a.G, b.G), off(a.B, b.B), off(a.A, b.A))
}

func faded(c color.NRGBA) color.RGBA {
	grey := uint8((int(c.R)+int(c.G)+int(c.B))/12 + 192)
	return color.RGBA{grey, grey, grey, 255}
}
