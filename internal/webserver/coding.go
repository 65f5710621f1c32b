package webserver

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// A representation is one stored form of a file: itself or a precompressed
// sibling. Its owner closes file.
type representation struct {
	file   fs.File
	info   fs.FileInfo
	coding string // the content coding, "" for none
}

// codings are the precompressed forms, the smallest first.
var codings = []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}}

// negotiate opens the smallest stored form of a file that the client accepts.
func (s *files) negotiate(name, acceptEncoding string) (representation, error) {
	plain, err := s.open(name, "", "")
	if err != nil {
		return plain, err
	}
	for _, c := range codings {
		if !accepts(acceptEncoding, c.name) {
			continue
		}
		packed, err := s.open(name, c.ext, c.name)
		if err != nil {
			continue
		}
		if packed.info.ModTime().Before(plain.info.ModTime()) {
			packed.file.Close() // made from an earlier version of the file
			continue
		}
		plain.file.Close()
		return packed, nil
	}
	return plain, nil
}

func (s *files) open(name, ext, coding string) (representation, error) {
	file, err := s.root.Open(name + ext)
	if err != nil {
		return representation{}, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		file.Close()
		return representation{}, err
	}
	return representation{file, info, coding}, nil
}

// etag differs between the codings of one file, as a strong validator must:
// https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3
func (r representation) etag() string {
	return fmt.Sprintf("\"%x-%x%s\"", r.info.ModTime().UnixNano(), r.info.Size(), r.coding)
}

// accepts reports whether an Accept-Encoding header names the coding with a
// weight above zero: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
func accepts(header, coding string) bool {
	wildcard := false
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(item, ";")
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, coding):
			return weight(params) > 0
		case name == "*":
			wildcard = weight(params) > 0
		}
	}
	return wildcard
}

func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(key, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}
