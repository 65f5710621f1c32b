package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// extensions are those of files that get much smaller.
var extensions = []string{".wasm", ".js", ".css", ".bin"}

// best is the highest quality.
const best = brotli.BestCompression

// compressAll brings the siblings of every file in the folder up to date and
// returns a line for each that it wrote. Siblings of a higher quality stay.
func compressAll(root *os.Root, quality int) ([]string, error) {
	names, err := candidates(root.FS())
	if err != nil {
		return nil, err
	}
	var (
		mu      sync.Mutex
		written []string
		failed  error
		wg      sync.WaitGroup
		slots   = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for _, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			line, err := compressFile(root, name, quality)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if line != "" {
				written = append(written, line)
			}
		})
	}
	wg.Wait()
	slices.Sort(written)
	return written, failed
}

func candidates(files fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && slices.Contains(extensions, path.Ext(name)) {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// compressFile writes both siblings, unless they hold the file's content
// already. The line says how much was saved.
func compressFile(root *os.Root, name string, quality int) (line string, err error) {
	content, err := root.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	key := hex.EncodeToString(sum[:])
	if stored, by := storedKey(root, name); stored == key && by >= quality {
		return "", touch(root, name)
	}
	br, gz := pack(content, key, quality)
	// The .gz, which carries the key, is written last: a run that was cut
	// short is done again.
	if err := root.WriteFile(name+".br", br, 0o644); err != nil {
		return "", err
	}
	if err := root.WriteFile(name+".gz", gz, 0o644); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %d bytes, gzip %d, brotli %d", name, len(content), len(gz), len(br)), nil
}

// pack compresses by a quality of brotli's, and by gzip's highest level. Key
// and quality go into the gzip header's comment:
// https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
func pack(content []byte, key string, quality int) (br, gz []byte) {
	var g bytes.Buffer
	gw, _ := gzip.NewWriterLevel(&g, gzip.BestCompression)
	gw.Comment = key + " " + strconv.Itoa(quality)
	gw.Write(content)
	gw.Close()
	return brotliOf(content, quality), g.Bytes()
}

func brotliOf(content []byte, quality int) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: quality, LGWin: 24})
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// storedKey is the SHA-256 of the content that the siblings hold, or "", and
// the quality.
func storedKey(root *os.Root, name string) (key string, quality int) {
	if _, err := root.Stat(name + ".br"); err != nil {
		return "", 0
	}
	f, err := root.Open(name + ".gz")
	if err != nil {
		return "", 0
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return "", 0
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return "", 0
	}
	key, by, _ := strings.Cut(r.Comment, " ")
	quality, _ = strconv.Atoi(by)
	return key, quality
}

// touch makes the siblings newer than the file: a server may take older ones
// for stale.
func touch(root *os.Root, name string) error {
	now := time.Now()
	return errors.Join(root.Chtimes(name+".br", now, now), root.Chtimes(name+".gz", now, now))
}
