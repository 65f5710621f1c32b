//go:build !js

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// bidi is a connection of WebDriver BiDi, the protocol that Firefox is driven by: JSON commands, each answered under its
// number, and events.
//
// See https://www.w3.org/TR/webdriver-bidi/.
type bidi struct {
	conn *websocket.Conn
	done chan struct{} // closed when the connection is

	mu      sync.Mutex
	last    int
	answers map[int]chan bidiMessage
	log     map[string]func(bidiLogEntry) // by browsing context
}

type bidiMessage struct {
	ID      int             `json:"id"`
	Method  string          `json:"method"` // of an event
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"` // of an error
}

// bidiLogEntry is what log.entryAdded tells: a call of the console's, or something that nobody caught.
type bidiLogEntry struct {
	Type   string `json:"type"` // console, javascript
	Method string `json:"method"`
	Level  string `json:"level"`
	Text   string `json:"text"`
	Source struct {
		Context string `json:"context"`
	} `json:"source"`
	StackTrace struct {
		CallFrames []struct {
			URL        string `json:"url"`
			LineNumber int64  `json:"lineNumber"`
		} `json:"callFrames"`
	} `json:"stackTrace"`
}

func dialBiDi(ctx context.Context, url string) (*bidi, error) {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(-1)
	b := &bidi{conn: conn, done: make(chan struct{}), answers: map[int]chan bidiMessage{}, log: map[string]func(bidiLogEntry){}}
	go b.read()
	return b, nil
}

func (b *bidi) read() {
	defer close(b.done)
	for {
		_, data, err := b.conn.Read(context.Background())
		var m bidiMessage
		if err != nil || json.Unmarshal(data, &m) != nil {
			return
		}
		if m.Method == "log.entryAdded" {
			b.logged(m.Params)
			continue
		}
		b.mu.Lock()
		answer := b.answers[m.ID]
		delete(b.answers, m.ID)
		b.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

func (b *bidi) logged(params json.RawMessage) {
	var entry bidiLogEntry
	if json.Unmarshal(params, &entry) != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if listener := b.log[entry.Source.Context]; listener != nil {
		listener(entry)
	}
}

// listen has f called for all that a browsing context logs, in order; nil ends that. f must not call b.
func (b *bidi) listen(browsingContext string, f func(bidiLogEntry)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log[browsingContext] = f
}

type object = map[string]any

// call sends a command and decodes its result, unless result is nil.
func (b *bidi) call(ctx context.Context, method string, params object, result any) error {
	answer := make(chan bidiMessage, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.answers[id] = answer
	b.mu.Unlock()
	command, err := json.Marshal(object{"id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	// NOTE: a context that ends during Write would close the connection.
	if err := b.conn.Write(context.Background(), websocket.MessageText, command); err != nil {
		return err
	}
	select {
	case m := <-answer:
		if m.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-b.done:
		return fmt.Errorf("%s: Firefox has ended", method)
	case <-ctx.Done():
		return ctx.Err()
	}
}
