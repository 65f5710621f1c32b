// Command serve serves a folder on a loopback address until it is
// interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/gpubuffers/gpubuffers/internal/webserver"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "loopback address; a taken port gives way to the next free one")
	dir := flag.String("dir", "web", "folder to serve")
	flag.Parse()
	if err := run(*addr, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(addr, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	l, err := webserver.Listen(addr)
	if err != nil {
		return err
	}
	fmt.Printf("serving %s at http://%s/ (interrupt to stop)\n", dir, l.Addr())

	server := webserver.NewServer(addr, webserver.New(root.FS()))
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(interrupted, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
