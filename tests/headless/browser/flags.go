//go:build !js

package browser

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
)

// programs are the browsers looked for, the first found is run.
var programs = []string{
	"google-chrome",
	"google-chrome-stable",
	"chromium",
	"chromium-browser",
	"chromium-headless-shell",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
}

// findChrome returns the browser that CHROME_PATH names, or the first of
// programs that this machine has.
func findChrome() (string, error) {
	if path := os.Getenv("CHROME_PATH"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chrome or Chromium found: install one (Debian: apt-get install chromium) or set CHROME_PATH")
}

// baseFlags give Chrome WebGPU and keep it off the network.
var baseFlags = []string{
	"--enable-unsafe-webgpu",
	"--disable-component-update",
	"--disable-quic",
	"--window-size=1280,800",
	"--force-device-scale-factor=1",
}

// softwareFlags render WebGPU, WebGL 2 and the page itself by SwiftShader, on
// Linux. The page too: without ANGLE on SwiftShader's Vulkan a WebGPU canvas
// has no image to share with the compositor, and presenting its first frame
// loses the device (measured, Chromium 156).
var softwareFlags = []string{
	"--enable-unsafe-swiftshader",
	"--enable-features=Vulkan",
	"--use-vulkan=swiftshader",
	"--use-angle=swiftshader",
}

// OnSoftware reports whether Chrome has its software adapter: on Linux, unless
// CHROME_GPU_FLAGS is set. Firefox has that of Mesa, with as much memory as a
// GPU.
func OnSoftware() bool {
	_, given := os.LookupEnv("CHROME_GPU_FLAGS")
	return !given && runtime.GOOS == "linux" && !OnFirefox()
}

// gpuFlags are softwareFlags, or those of CHROME_GPU_FLAGS.
func gpuFlags() []string {
	if OnSoftware() {
		return softwareFlags
	}
	return strings.Fields(os.Getenv("CHROME_GPU_FLAGS"))
}

// allocatorOptions joins the defaults of chromedp (a profile folder of its
// own, removed at the end; no sandbox for root; no throttling of hidden tabs)
// with baseFlags, gpuFlags and the given flags.
func allocatorOptions(path string, flags []string) []chromedp.ExecAllocatorOption {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	for _, f := range mergeFlags(slices.Concat(baseFlags, gpuFlags(), flags)) {
		options = append(options, chromedp.Flag(f.name, f.value))
	}
	return options
}

type commandFlag struct {
	name  string
	value any // true, or a string
}

// lists are the flags that name features. Chrome keeps only the last one of
// each, so theirs are merged with the values that chromedp itself sets.
var lists = map[string]string{
	"enable-features":  "NetworkService,NetworkServiceInProcess",
	"disable-features": "Translate,BlinkGenPropertyTrees",
}

func mergeFlags(flags []string) []commandFlag {
	features := map[string]string{}
	var merged []commandFlag
	for _, f := range flags {
		name, value, valued := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if base, ok := lists[name]; ok {
			if features[name] == "" {
				features[name] = base
			}
			features[name] += "," + value
			merged = append(merged, commandFlag{name, features[name]})
			continue
		}
		if valued {
			merged = append(merged, commandFlag{name, value})
		} else {
			merged = append(merged, commandFlag{name, true})
		}
	}
	return merged
}
