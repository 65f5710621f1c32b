//go:build !js

package headless

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// pageTimeout is for slow machines: the page draws three pictures at a time.
const pageTimeout = 3 * time.Minute

var cards = []string{"mesh", "texture", "instances", "histogram"}

// openPage opens the page with a query and waits for the verdict of each card.
func openPage(t *testing.T, query string, options ...browser.Option) *browser.Page {
	t.Helper()
	p := browser.Open(t, "/index.html"+query, append(options, browser.Timeout(pageTimeout))...)
	verifyCards(t, p)
	return p
}

func verifyCards(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Wait(`"ready" in document.documentElement.dataset`)
	require.Equal(t, "open", browser.Eval[string](p, `document.documentElement.dataset.device`), "%s",
		browser.Eval[string](p, `document.getElementById("notice").textContent`))
	for _, id := range cards {
		requireVerified(t, p, id)
	}
}

// requireVerified fails with what the card says.
func requireVerified(t *testing.T, p *browser.Page, id string) {
	t.Helper()
	require.Equal(t, "verified", dataset(p, id, "state"), "card %s: %s", id, verdict(p, id))
}

// verdict is what a card says of its check.
func verdict(p *browser.Page, id string) string {
	return browser.Eval[string](p, fmt.Sprintf(`document.querySelector("#%s .verdict").textContent`, id))
}

// dataset reads a data attribute of a card, "" where it has none.
func dataset(p *browser.Page, id, name string) string {
	return browser.Eval[string](p, fmt.Sprintf(`document.getElementById(%q).dataset[%q] ?? ""`, id, name))
}

// figure reads a number from a card's data attributes.
func figure(t *testing.T, p *browser.Page, id, name string) int {
	t.Helper()
	n, err := strconv.Atoi(dataset(p, id, name))
	require.NoError(t, err, "%s of card %s", name, id)
	return n
}

// TestPage looks at the page as it stands still.
func TestPage(t *testing.T) {
	p := openPage(t, "?still&round=8388608")
	for _, c := range []struct {
		name string
		f    func(*testing.T, *browser.Page)
	}{
		{"moved", testMoved},
		{"pixels", testPixels},
		{"accessible", testAccessible},
		{"files", testFiles},
		{"large file", testLargeFile},
		{"file dropped", testFileDropped},
		{"file too large", testFileTooLarge},
		{"widths", testWidths}, // last: it leaves the page at another width
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, p) })
	}
}

// TestPageInMotion uses the page as a reader does.
func TestPageInMotion(t *testing.T) {
	p := openPage(t, "")
	for _, c := range []struct {
		name string
		f    func(*testing.T, *browser.Page)
	}{
		{"slider", testSlider},
		{"stream again", testStreamsWhileItDraws},
		{"compute again", testComputesAgain},
		{"turn", testTurns},
		{"lost device", testLostDevice},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, p) })
	}
}

func testMoved(t *testing.T, p *browser.Page) {
	const pixels = 1024 * 1024 * 4
	for _, c := range []struct {
		id, name string
		want     int
	}{
		{"mesh", "bytes", 66_196},
		{"mesh", "bytesBack", 66_196},
		{"texture", "bytes", pixels},
		{"texture", "bytesBack", pixels},
		{"texture", "tiles", 256},
		{"instances", "bytes", 1500 * 32},
		{"histogram", "bytes", pixels},
		{"histogram", "bytesBack", 4 * 256 * 4},
	} {
		require.Equal(t, c.want, figure(t, p, c.id, c.name), "%s of card %s", c.name, c.id)
	}
	require.GreaterOrEqual(t, figure(t, p, "stats", "bytesUp"), 66_196+2*pixels+1500*32)
	require.GreaterOrEqual(t, figure(t, p, "stats", "bytesDown"), 66_196+pixels+4096)
	require.Zero(t, figure(t, p, "stats", "leaks"))
}

func testPixels(t *testing.T, p *browser.Page) {
	for _, id := range cards {
		t.Run(id, func(*testing.T) { p.Golden("page-"+id, "#"+id+" canvas", pixelTolerance(id)) })
	}
}

// pixelTolerance allows for other rasterizers; the chart has text, whose font
// is the machine's.
func pixelTolerance(id string) browser.Tolerance {
	if id == "histogram" {
		return browser.Tolerance{Channel: 24, Share: 0.03}
	}
	return browser.Tolerance{Channel: 12, Share: 0.01}
}

func testStreamsWhileItDraws(t *testing.T, p *browser.Page) {
	const count = `parseInt(document.querySelector("#texture [data-field=tiles]").textContent)`
	p.Click("#texture button")
	seen := browser.Eval[[]int](p, `new Promise((done) => {
		const seen = new Set();
		const look = () => {
			seen.add(`+count+`);
			if (document.getElementById("texture").dataset.state === "running") requestAnimationFrame(look);
			else done([...seen]);
		};
		look();
	})`)
	require.Greater(t, len(seen), 4, "tiles seen on the way: %v", seen)
	requireVerified(t, p, "texture")
}

func testComputesAgain(t *testing.T, p *browser.Page) {
	down := figure(t, p, "stats", "bytesDown")
	p.Click("#histogram button")
	p.Wait(fmt.Sprintf(`document.getElementById("stats").dataset.bytesDown >= %d`, down+4096))
	p.Wait(`document.getElementById("histogram").dataset.state !== "running"`)
	requireVerified(t, p, "histogram")
}

// sampled waits until the card has compared n more frames.
func sampled(t *testing.T, p *browser.Page, n int) {
	t.Helper()
	want := figure(t, p, "instances", "samples") + n
	p.Wait(fmt.Sprintf(`document.getElementById("instances").dataset.samples >= %d`, want))
	requireVerified(t, p, "instances")
}

func testSlider(t *testing.T, p *browser.Page) {
	for _, c := range []struct {
		key    string
		blocks int
		text   string
	}{
		{kb.End, 20_000, "20,000"},
		{kb.Home, 100, "100"},
		{kb.ArrowRight, 200, "200"},
	} {
		p.Press("#count", c.key)
		p.Wait(fmt.Sprintf(`document.getElementById("instances").dataset.blocks === "%d"`, c.blocks))
		require.Equal(t, c.text, browser.Eval[string](p, `document.getElementById("count-out").textContent`))
		require.Equal(t, c.blocks*32, figure(t, p, "instances", "bytes"))
		sampled(t, p, 1)
	}
}

func testTurns(t *testing.T, p *browser.Page) {
	angle := func() int {
		return browser.Eval[int](p, `Number(document.querySelector("#mesh canvas").ariaValueNow)`)
	}
	p.Click("#motion")
	require.Equal(t, "true", browser.Eval[string](p, `document.getElementById("motion").ariaPressed`))
	turn := func() { p.Press("#mesh canvas", kb.ArrowRight) }
	// It is drawn as it stands, though a busy page skips frames.
	browser.Eval[bool](p, `new Promise((resolve) => {
		let frames = 30;
		const next = () => (--frames === 0 ? resolve(true) : requestAnimationFrame(next));
		next();
	})`)
	turn()
	first := angle()
	turn()
	turn()
	require.InDelta(t, 20, (angle()-first+360)%360, 1)
}
