//go:build !js

package browser

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is a grey picture of ten by ten pixels, its corner not at the origin.
func plain(at int, changed ...image.Point) image.Image {
	img := image.NewRGBA(image.Rect(at, at, at+10, at+10))
	for y := range 10 {
		for x := range 10 {
			img.SetRGBA(at+x, at+y, color.RGBA{100, 100, 100, 255})
		}
	}
	for _, p := range changed {
		img.SetRGBA(at+p.X, at+p.Y, color.RGBA{100, 110, 100, 255})
	}
	return img
}

func TestCompare(t *testing.T) {
	one, two := image.Pt(3, 4), image.Pt(9, 9)
	for _, c := range []struct {
		name      string
		actual    image.Image
		tolerance Tolerance
		err       string
	}{
		{"equal", plain(5), Tolerance{}, ""},
		{"a pixel off", plain(0, one), Tolerance{}, "1 pixels (1.000%) differ by more than 0, by at most 10; 0.000% may"},
		{"a pixel off within the channel", plain(0, one), Tolerance{Channel: 10}, ""},
		{"a pixel off beyond the channel", plain(0, one), Tolerance{Channel: 9}, "1 pixels"},
		{"a pixel off within the share", plain(0, one), Tolerance{Share: 0.01}, ""},
		{"two pixels off beyond the share", plain(0, one, two), Tolerance{Share: 0.01}, "2 pixels"},
		{"another size", image.NewRGBA(image.Rect(0, 0, 10, 11)), Tolerance{Channel: 255, Share: 1}, "size (10,11), want (10,10)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := compare(plain(0), c.actual, c.tolerance)
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
			}
		})
	}
}

func TestDiffShowsWhere(t *testing.T) {
	diff, err := compare(plain(0), plain(0, image.Pt(3, 4)), Tolerance{})
	require.Error(t, err)
	require.Equal(t, color.RGBA{R: 255, A: 255}, diff.At(3, 4))
	require.NotEqual(t, color.RGBA{R: 255, A: 255}, diff.At(4, 3))
}

func TestFeatureFlagsAreMerged(t *testing.T) {
	require.Equal(t, []commandFlag{
		{"enable-features", "NetworkService,NetworkServiceInProcess,Vulkan"},
		{"use-angle", "vulkan"},
		{"enable-features", "NetworkService,NetworkServiceInProcess,Vulkan,Other"},
		{"disable-sync", true},
	}, mergeFlags([]string{"--enable-features=Vulkan", "--use-angle=vulkan", "--enable-features=Other", "--disable-sync"}))
}
