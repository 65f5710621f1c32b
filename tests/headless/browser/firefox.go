//go:build !js

package browser

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// OnFirefox reports whether the tests run in Firefox: BROWSER=firefox.
func OnFirefox() bool { return os.Getenv("BROWSER") == "firefox" }

// NotInFirefox skips a test in Firefox, and prints why.
func NotInFirefox(t testing.TB, why string) {
	t.Helper()
	if !OnFirefox() {
		return
	}
	fmt.Printf("%s did not run in Firefox: %s\n", t.Name(), why) // so that .ci/gotest shows it
	t.Skipf("browser: not in Firefox: %s", why)
}

// firefoxPreferences give Firefox WebGPU, also on a software adapter, and keep it off the network.
const firefoxPreferences = `
user_pref("dom.webgpu.enabled", true);
user_pref("gfx.webgpu.ignore-blocklist", true);
user_pref("layout.css.devPixelsPerPx", "1.0");
user_pref("ui.useOverlayScrollbars", 1);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9/");
`

// lavapipe is Mesa's software adapter, of Debian's mesa-vulkan-drivers.
const lavapipe = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"

// firefox is a running browser whose WebGPU has an adapter.
type firefox struct {
	bidi        *bidi
	stop        func() // ends the browser and removes its profile
	description string // product and adapter
}

func findFirefox() (string, error) {
	if path := os.Getenv("FIREFOX_PATH"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Firefox found: install one (Debian: apt-get install firefox-esr mesa-vulkan-drivers) or set FIREFOX_PATH")
}

// startFirefox starts the browser. It is driven over WebDriver BiDi.
func startFirefox(server string) (*firefox, error) {
	path, err := findFirefox()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "gpubuffers-firefox-")
	if err != nil {
		return nil, err
	}
	f := &firefox{stop: func() { os.RemoveAll(profile) }}
	if err := f.start(path, profile, server); err != nil {
		f.stop()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f *firefox) start(path, profile, server string) error {
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxPreferences), 0o600); err != nil {
		return err
	}
	command := exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0")
	endWithTests(command)
	command.Env = append(os.Environ(), "MOZ_CRASHREPORTER_DISABLE=1")
	if _, err := os.Stat(lavapipe); err == nil && os.Getenv("VK_ICD_FILENAMES") == "" {
		command.Env = append(command.Env, "VK_ICD_FILENAMES="+lavapipe)
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	removeProfile := f.stop
	f.stop = func() {
		f.end(command)
		removeProfile()
	}
	ctx, cancel := context.WithTimeout(context.Background(), adapterTimeout)
	defer cancel()
	address, err := listeningAddress(ctx, bufio.NewScanner(stderr))
	if err != nil {
		return err
	}
	if f.bidi, err = dialBiDi(ctx, address+"/session"); err != nil {
		return err
	}
	return f.probe(ctx, server+blankPath)
}

// listeningAddress is the one that Firefox writes when it can be driven. What it writes afterwards is dropped.
func listeningAddress(ctx context.Context, lines *bufio.Scanner) (string, error) {
	found := make(chan string, 1)
	go func() {
		for lines.Scan() {
			if address, ok := strings.CutPrefix(lines.Text(), "WebDriver BiDi listening on "); ok {
				found <- address
			}
		}
	}()
	select {
	case address := <-found:
		return address, nil
	case <-ctx.Done():
		return "", errors.New("it does not say where it can be driven")
	}
}

func (f *firefox) probe(ctx context.Context, blank string) error {
	var session struct {
		Capabilities struct{ BrowserName, BrowserVersion string } `json:"capabilities"`
	}
	if err := f.bidi.call(ctx, "session.new", object{"capabilities": object{}}, &session); err != nil {
		return err
	}
	if err := f.bidi.call(ctx, "session.subscribe", object{"events": []string{"log.entryAdded"}}, nil); err != nil {
		return err
	}
	tab, err := f.open(ctx, func(chromedp.ConsoleMessage) {})
	if err != nil {
		return err
	}
	defer tab.close()
	if err := tab.navigate(ctx, blank); err != nil {
		return err
	}
	answer, err := tab.evaluate(ctx, adapterScript)
	if err != nil {
		return fmt.Errorf("request a WebGPU adapter: %w", err)
	}
	var adapter struct{ Missing, Name string }
	if err := json.Unmarshal(answer, &adapter); err != nil {
		return err
	}
	if adapter.Missing != "" {
		return errors.New("no WebGPU adapter: " + adapter.Missing)
	}
	f.description = "Firefox/" + session.Capabilities.BrowserVersion + ", adapter " + strings.TrimSpace(adapter.Name)
	return nil
}

// end asks Firefox to end, and kills it if it does not.
func (f *firefox) end(command *exec.Cmd) {
	if f.bidi != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		_ = f.bidi.call(ctx, "browser.close", object{}, nil)
	}
	kill := time.AfterFunc(closeTimeout, func() { _ = command.Process.Kill() })
	defer kill.Stop()
	if f.bidi == nil {
		_ = command.Process.Signal(os.Interrupt)
	}
	_ = command.Wait()
}

// firefoxTab is a tab of Firefox.
type firefoxTab struct {
	bidi    *bidi
	context string // BiDi's name of the tab
}

func (f *firefox) open(ctx context.Context, log func(chromedp.ConsoleMessage)) (*firefoxTab, error) {
	var created struct{ Context string }
	if err := f.bidi.call(ctx, "browsingContext.create", object{"type": "tab"}, &created); err != nil {
		return nil, err
	}
	f.bidi.listen(created.Context, func(e bidiLogEntry) { log(e.message()) })
	t := &firefoxTab{f.bidi, created.Context}
	return t, t.resize(ctx, 1280, 800)
}

// message is the entry as Chrome would tell it.
func (e bidiLogEntry) message() (m chromedp.ConsoleMessage) {
	m.Type, m.Text = chromedp.ConsoleType(e.Method), e.Text
	if e.Type == "javascript" {
		m.Type = "warning"
		if e.Level == "error" {
			m.Type = chromedp.ConsoleException
		}
	}
	if frames := e.StackTrace.CallFrames; len(frames) > 0 {
		m.URL, m.Line = frames[0].URL, frames[0].LineNumber
	}
	return m
}

func (t *firefoxTab) call(ctx context.Context, method string, params object, result any) error {
	params["context"] = t.context
	return t.bidi.call(ctx, method, params, result)
}

func (t *firefoxTab) navigate(ctx context.Context, url string) error {
	return t.call(ctx, "browsingContext.navigate", object{"url": url, "wait": "complete"}, nil)
}

func (t *firefoxTab) beforeLoad(ctx context.Context, script string) error {
	return t.bidi.call(ctx, "script.addPreloadScript", object{"functionDeclaration": "() => {" + script + "\n}", "contexts": []string{t.context}}, nil)
}

// evaluated is the result of script.evaluate.
type evaluated struct {
	Result struct {
		Value    json.RawMessage
		SharedID string `json:"sharedId"`
	}
	ExceptionDetails *struct{ Text string }
}

func (t *firefoxTab) script(ctx context.Context, js string) (evaluated, error) {
	var e evaluated
	err := t.bidi.call(ctx, "script.evaluate", object{"expression": js, "awaitPromise": true, "target": object{"context": t.context}}, &e)
	if err == nil && e.ExceptionDetails != nil {
		err = errors.New(e.ExceptionDetails.Text)
	}
	return e, err
}

func (t *firefoxTab) evaluate(ctx context.Context, js string) ([]byte, error) {
	e, err := t.script(ctx, "(async () => JSON.stringify(await ("+js+")))()")
	var text string
	if err == nil && len(e.Result.Value) > 0 {
		err = json.Unmarshal(e.Result.Value, &text)
	}
	return []byte(text), err
}

// element is the first that the selector names, scrolled into view.
func (t *firefoxTab) element(ctx context.Context, selector string) (object, error) {
	quoted, err := json.Marshal(selector)
	if err != nil {
		return nil, err
	}
	e, err := t.script(ctx, `(() => {
		const element = document.querySelector(`+string(quoted)+`);
		element.scrollIntoView({ block: "center", behavior: "instant" });
		return element;
	})()`)
	return object{"sharedId": e.Result.SharedID}, err
}

func (t *firefoxTab) setFiles(ctx context.Context, selector string, files []string) error {
	element, err := t.element(ctx, selector)
	if err != nil {
		return err
	}
	return t.call(ctx, "input.setFiles", object{"element": element, "files": files}, nil)
}

func (t *firefoxTab) click(ctx context.Context, selector string) error {
	element, err := t.element(ctx, selector)
	if err != nil {
		return err
	}
	return t.call(ctx, "input.performActions", object{"actions": []object{{"type": "pointer", "id": "mouse", "actions": []object{
		{"type": "pointerMove", "x": 0, "y": 0, "origin": object{"type": "element", "element": element}},
		{"type": "pointerDown", "button": 0},
		{"type": "pointerUp", "button": 0},
	}}}}, nil)
}

func (t *firefoxTab) resize(ctx context.Context, width, height int) error {
	return t.call(ctx, "browsingContext.setViewport", object{"viewport": object{"width": width, "height": height}}, nil)
}

// webDriverKeys are keys that package kb and WebDriver name differently.
//
// See https://www.w3.org/TR/webdriver2/#keyboard-actions.
var webDriverKeys = map[string]string{kb.End: "\ue010", kb.Home: "\ue011", kb.ArrowRight: "\ue014"}

func (t *firefoxTab) press(ctx context.Context, key string) error {
	if named, ok := webDriverKeys[key]; ok {
		key = named
	}
	return t.call(ctx, "input.performActions", object{"actions": []object{{"type": "key", "id": "keyboard", "actions": []object{
		{"type": "keyDown", "value": key},
		{"type": "keyUp", "value": key},
	}}}}, nil)
}

func (t *firefoxTab) screenshot(ctx context.Context, selector string) ([]byte, error) {
	params := object{}
	if selector != "" {
		element, err := t.element(ctx, selector)
		if err != nil {
			return nil, err
		}
		params = object{"origin": "document", "clip": object{"type": "element", "element": element}}
	}
	var shot struct{ Data string }
	if err := t.call(ctx, "browsingContext.captureScreenshot", params, &shot); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(shot.Data)
}

func (t *firefoxTab) close() {
	t.bidi.listen(t.context, nil)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = t.call(ctx, "browsingContext.close", object{}, nil)
}
