//go:build !js

package headless

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func testWidths(t *testing.T, p *browser.Page) {
	for _, c := range []struct{ width, columns int }{{360, 1}, {820, 2}, {1280, 2}, {1600, 2}} {
		t.Run(fmt.Sprint(c.width), func(t *testing.T) {
			p.Resize(c.width, 900)
			require.Empty(t, browser.Eval[[]string](p, overflowing))
			require.Equal(t, c.columns, browser.Eval[int](p,
				`getComputedStyle(document.getElementById("patterns")).gridTemplateColumns.split(" ").length`))
			p.Screenshot(fmt.Sprintf("page-%d", c.width))
		})
	}
}

// overflowing names the elements that reach beyond the window, or whose text
// is wider than they are.
const overflowing = `(() => {
	const out = [];
	const name = (e) => e.tagName + "#" + e.id + "." + e.className + " " + e.textContent.slice(0, 40);
	if (document.documentElement.scrollWidth > innerWidth) out.push("the page: " + document.documentElement.scrollWidth);
	for (const e of document.querySelectorAll("body *:not(.skip):not(caption)")) {
		const { left, right } = e.getBoundingClientRect();
		if (right > innerWidth + 1 || left < -1) out.push(name(e));
		if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && !["INPUT", "PROGRESS", "METER"].includes(e.tagName)) out.push(name(e));
	}
	return out;
})()`

func testAccessible(t *testing.T, p *browser.Page) {
	require.Empty(t, browser.Eval[[]string](p, nameless), "elements without a name")
	require.Empty(t, browser.Eval[[]string](p, faint), "texts below a contrast of 4.5")
}

// nameless lists the things to use or to look at that have no accessible name.
const nameless = `[...document.querySelectorAll("canvas, input, button, progress, meter, a, section, article")]
	.filter((e) => {
		const by = e.getAttribute("aria-labelledby");
		const named = by && document.getElementById(by)?.textContent.trim();
		return !(e.ariaLabel || named || e.labels?.length || ["A", "BUTTON"].includes(e.tagName) && e.textContent.trim() || e.hidden);
	})
	.map((e) => e.outerHTML.slice(0, 80))`

// faint lists texts whose colour is too near to that of what lies behind:
// https://www.w3.org/TR/WCAG22/#contrast-minimum
const faint = `(() => {
	const parse = (text) => text.match(/[\d.]+/g).map(Number);
	const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const colour = parse(getComputedStyle(e).backgroundColor);
			if (colour.length === 3 || colour[3] === 1) return colour;
		}
		return [255, 255, 255];
	};
	const out = [];
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
		if (!own || !e.checkVisibility()) continue;
		const [a, b] = [parse(getComputedStyle(e).color), behind(e)].map(luminance).sort((x, y) => y - x);
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < 4.5) out.push(contrast.toFixed(2) + " " + e.outerHTML.slice(0, 80));
	}
	return out;
})()`
