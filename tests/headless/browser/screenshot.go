//go:build !js

package browser

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Screenshot takes a picture of the viewport and keeps it as
// tests/headless/artifacts/NAME.png.
func (p *Page) Screenshot(name string) image.Image {
	p.t.Helper()
	img, err := p.capture(p.ctx, "")
	if err == nil {
		err = writePNG(artifact(name), img)
	}
	if err != nil {
		p.fatal("screenshot", err)
	}
	return img
}

// capture pictures the first element that the selector names, or the viewport
// if it is empty.
func (p *Page) capture(ctx context.Context, selector string) (image.Image, error) {
	data, err := p.tab.screenshot(ctx, selector)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}

// keepScreenshot records how the page of a failed test looked. It fails
// nothing further: the page may be the reason that no picture can be had.
func (p *Page) keepScreenshot() {
	if p.life.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(p.life, verdictTimeout)
	defer cancel()
	path := artifact(fmt.Sprintf("%s-%d", p.t.Name(), time.Now().UnixMilli()))
	img, err := p.capture(ctx, "")
	if err == nil {
		err = writePNG(path, img)
	}
	if err != nil {
		p.t.Logf("browser: no screenshot: %v", err)
		return
	}
	p.t.Logf("browser: screenshot kept: %s", path)
}

// artifact is the path of a picture that a run leaves behind.
func artifact(name string) string {
	return filepath.Join(shared.server.root, "tests", "headless", "artifacts", flat(name)+".png")
}

// flat makes a file name of a test's name.
func flat(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, name)
}

func writePNG(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}
