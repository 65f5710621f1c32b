//go:build !js

package headless

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// randomFile makes a file of so many bytes and returns its path and digest.
func randomFile(t *testing.T, size int) (path, digest string) {
	t.Helper()
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size)}).Read(data)
	path = filepath.Join(t.TempDir(), fmt.Sprintf("random-%d.bin", size))
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path, fmt.Sprintf("%x", sha256.Sum256(data))
}

// choose gives a file to the page's input and waits for the verdict on it.
func choose(t *testing.T, p *browser.Page, path string) {
	t.Helper()
	p.SetFiles("#file-input", path)
	waitForFile(p, filepath.Base(path))
}

// waitForFile waits for the verdict on the file of this name.
func waitForFile(p *browser.Page, name string) {
	p.Wait(fmt.Sprintf(`(() => {
		const { dataset, textContent } = document.getElementById("file");
		return textContent.includes(%q) && ["verified", "failed"].includes(dataset.state);
	})()`, name))
}

// testFiles ends with files that are too large for the buffer of 8 MiB: they go through it in rounds.
func testFiles(t *testing.T, p *browser.Page) {
	for _, size := range []int{0, 1, 3, 4, 1000, 4 << 20, 5<<20 + 3, 8<<20 + 1, 13<<20 + 2} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			path, digest := randomFile(t, size)
			choose(t, p, path)
			requireVerified(t, p, "file")
			require.Equal(t, digest, dataset(p, "file", "digest"))
			require.Equal(t, digest, browser.Eval[string](p, `document.querySelector("#file [data-field=digest]").textContent`))
			require.Equal(t, 1.0, browser.Eval[float64](p, `document.querySelector("#file progress").value`))
		})
	}
	require.Less(t, browser.Eval[int](p, `gpu.stats().kinds.DeviceBuffer.bytes`), 8<<20, "the buffer for the file is gone")
}

func testLargeFile(t *testing.T, p *browser.Page) {
	path, digest := randomFile(t, 64<<20)
	choose(t, p, path)
	requireVerified(t, p, "file")
	require.Equal(t, digest, dataset(p, "file", "digest"))
}

func testFileDropped(t *testing.T, p *browser.Page) {
	expected := fmt.Sprintf("%x", sha256.Sum256([]byte("hello, GPU")))
	drop := func(js string) {
		browser.Eval[browser.Void](p, `(() => {
			const dataTransfer = new DataTransfer();
			dataTransfer.items.add(`+js+`);
			const options = { dataTransfer, bubbles: true, cancelable: true };
			const target = document.querySelector("footer");
			if (target.dispatchEvent(new DragEvent("dragover", options))) throw new Error("a drop is not accepted");
			target.dispatchEvent(new DragEvent("drop", options));
		})()`)
	}
	drop(`new File(["hello, ", "GPU"], "greeting.txt")`)
	waitForFile(p, "greeting.txt")
	requireVerified(t, p, "file")
	require.Equal(t, expected, dataset(p, "file", "digest"))

	// The later of two files wins.
	drop(`new File([new Uint8Array(9 << 20)], "long.bin")`)
	drop(`new File(["hello, GPU"], "short.txt")`)
	waitForFile(p, "short.txt")
	requireVerified(t, p, "file")
	require.Equal(t, expected, dataset(p, "file", "digest"))
}

func testFileTooLarge(t *testing.T, p *browser.Page) {
	browser.Eval[browser.Void](p, `(() => {
		const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File(["x"], "film.mkv"));
		Object.defineProperty(File.prototype, "size", { value: 3 * 2 ** 30, configurable: true });
		dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
	})()`)
	waitForFile(p, "film.mkv")
	browser.Eval[browser.Void](p, `void delete File.prototype.size`)
	require.Equal(t, "failed", dataset(p, "file", "state"))
	require.Contains(t, verdict(p, "file"), "film.mkv has 3.00 GiB; this page checks files of up to 1.00 GiB")
}
