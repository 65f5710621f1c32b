//go:build !js

// Package browser runs tests in a real headless Chrome with WebGPU, or in
// Firefox.
//
// One browser serves a test binary, started by [Main] in TestMain; each [Open]
// is a tab of its own. The pages come from the web folder, served by the same
// handler as the development server. A test adds others by [HTML] and [Handle].
//
// A test fails on every console error, uncaught exception, uncaptured WebGPU
// error, unexpected device loss and renderer crash that its page reports and
// that it did not announce by [Page.Expect].
//
// NOTE: nobody here hears of a worker's messages and exceptions. A test that
// uses a worker forwards its errors to the page.
//
// The environment steers it:
//
//	BROWSER=firefox   run Firefox; what it lacks skips a test, and is named
//	FIREFOX_PATH      the Firefox to run
//	CHROME_PATH       the Chrome to run
//	CHROME_GPU_FLAGS  further flags, such as those that pick a real GPU
//	HEADLESS=optional without a browser or an adapter, skip instead of fail
//	HEADLESS_WEB      the folder to serve instead of web
package browser
