# GNU make. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Without version control information a build is the same in every clone.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

ADDR        ?= localhost:8080
TESTFLAGS   ?=
# Of the benchmarks: quick or full.
PLAN        ?= full
# Where the module and the bundle are built: a copy of web, for one that is changed on purpose.
WEB         ?= web
# Of the mutants: only those whose area, file or words match.
ONLY        ?=
# The most bytes that the module may have with brotli.
SIZE_LIMIT  ?= 580000

JS          := GOOS=js GOARCH=wasm
TOOLS       := go -C "$(CURDIR)/internal/tools"
STATICCHECK  = "$$($(TOOLS) tool -n staticcheck)"
BUNDLE       = "$$($(TOOLS) tool -n esbuild)" --bundle --format=esm --minify-whitespace --minify-syntax --log-level=warning
COMPRESS    := $(TOOLS) run ./compress -dir "$(CURDIR)/web"
WASM_BUILD  := $(JS) go build -trimpath -ldflags="-s -w"
# The module is kept small: nothing is inlined but what is called all the time of the standard library. More made
# no difference to reads and frames that could be seen.
INLINED     := internal/abi internal/byteorder internal/runtime/atomic internal/runtime/math internal/runtime/sys math/bits sync sync/atomic syscall/js
SMALLER     := -gcflags=all=-l $(INLINED:%=-gcflags=%=)

# What checks JavaScript, and the JavaScript that eslint reads.
NPM_TOOLS     := tests/javascript/node_modules
NPM_INSTALLED := $(NPM_TOOLS)/.package-lock.json
LINTED        := web/gpubuffers web/page web/examples tests

# wasm_exec.js refuses arguments and environment above 8 KiB together, and some
# machines of CI have more: the tests get a small environment.
NODE         = env -i HOME='$(HOME)' PATH='$(PATH)' $$(go env GOROOT)/lib/wasm/go_js_wasm_exec

# How many programs make programs performs, and the seed of the first.
COUNT       ?= 1000
FIRST       ?= 0

# How long make fuzz looks for programs that fail.
TIME        ?= 60s

# What runs in Firefox, of the tests that run in Chrome.
IN_FIREFOX  := ^(TestConformance|TestModule.*|TestPage.*|TestPreloadsAreUsed|TestTheReadmesJavaScriptRuns)$$

# Native packages that need no browser.
NATIVE       = $$(go list ./... | grep -v -e /tests/headless -e /tests/bench -e /tests/npm)
# Packages with tests for js, and the portable ones below buffers.
NODE_TESTED  = $$($(JS) go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./... | .ci/node-tested)
EXAMPLES     = $$(if [ -d examples ]; then $(JS) go list -f '{{if eq .Name "main"}}{{.Dir}}{{end}}' ./examples/...; fi)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | sort | while IFS=$$'\t' read -r target text; do printf '  %-15s %s\n' "$$target" "$$text"; done

.PHONY: run
run: build ## build all, compress a little, serve web/ on ADDR (localhost:8080, or the next free port)
	@echo 'compressing what is served'
	@$(COMPRESS) -quality=5
	@exec go run ./internal/cmd/serve -addr $(ADDR) -dir web

.PHONY: build
build: module bundle ## build the module and the examples into web/
	@for dir in $(EXAMPLES); do $(BUILD_EXAMPLE); done

.PHONY: module
module:
	@echo 'building $(WEB)/gpubuffers.wasm'
	@rm -f "$(WEB)/gpubuffers.wasm" # Go would take one that is packed for its own, and pack leaves it as it is
	@$(WASM_BUILD) $(SMALLER) -o "$(WEB)/gpubuffers.wasm" ./wasm
	@go run ./internal/cmd/pack "$(WEB)/gpubuffers.wasm"

.PHONY: bundle
bundle:
	@echo 'bundling $(WEB)/gpubuffers.js'
	@cp "$$(go env GOROOT)/lib/wasm/wasm_exec.js" "$(WEB)/wasm_exec.js"
	@chmod 644 "$(WEB)/wasm_exec.js"
	@$(BUNDLE) "$(WEB)/gpubuffers/index.js" --outfile="$(WEB)/gpubuffers.js"

.PHONY: npm
npm: module bundle ## make the npm package: its folder build/npm, and its tarball in build
	@.ci/need node npm
	@rm -rf build/npm build/gpubuffers-*.tgz
	@mkdir -p build/npm
	@cp npm/package.json npm/README.md LICENSE "$(WEB)"/gpubuffers.{js,d.ts,wasm} build/npm
	@cp "$$(go env GOROOT)/LICENSE" build/npm/LICENSE-go # its runtime and libraries are in the module
	@chmod 644 build/npm/*
	@cd build && npm pack --silent ./npm

# The program, and its source for a page to show beside it.
define BUILD_EXAMPLE
name=$${dir##*/}; mkdir -p "web/examples/$$name"; echo "building web/examples/$$name.wasm"; \
	$(WASM_BUILD) -o "web/examples/$$name.wasm" "./$${dir#$(CURDIR)/}"; \
	for file in "$$dir"/*.go; do cp "$$file" "web/examples/$$name/$${file##*/}.txt"; done
endef

.PHONY: test
test: test-native test-node test-headless test-firefox test-npm ## run all tests: native, in Node, in headless Chrome and Firefox, of the npm package

.PHONY: test-native
test-native: ## run the native tests with the race detector
	@.ci/need cc
	.ci/gotest -race -shuffle=on $(TESTFLAGS) $(NATIVE)
	$(TOOLS) test $(TESTFLAGS) ./...

.PHONY: test-node
test-node: ## run the js/wasm tests in Node
	@.ci/need node
	@packages=$(NODE_TESTED); \
	if [ -z "$$packages" ]; then echo 'no package has js/wasm tests'; exit 1; fi; \
	$(JS) .ci/gotest -shuffle=on -exec "$(NODE)" $(TESTFLAGS) $$packages

.PHONY: test-headless
test-headless: build ## run the tests in headless Chrome with WebGPU
	@.ci/need chrome
	.ci/gotest -count=1 -p=1 -timeout=30m $(TESTFLAGS) ./tests/headless/...
	.ci/gotest -count=1 -timeout=5m -run=TestTheChecksum ./tests/bench

.PHONY: test-firefox
test-firefox: build ## run the page, the module's tests and the backend's in headless Firefox; what it lacks is named
	@.ci/need firefox
	BROWSER=firefox .ci/gotest -count=1 -timeout=15m -run='$(IN_FIREFOX)' $(TESTFLAGS) ./tests/headless

.PHONY: test-npm
test-npm: npm $(NPM_INSTALLED) ## install the npm package into small applications, and open each in headless Chrome
	@.ci/need chrome
	.ci/gotest -count=1 -timeout=15m $(TESTFLAGS) ./tests/npm

.PHONY: api
api: $(NPM_INSTALLED) ## write what gpubuffers.d.ts declares for the tests, once that has changed; needs npm
	node tests/javascript/table.mjs

.PHONY: mutants
mutants: build ## plant each fault of tests/mutants, and see its test turn red; ONLY=PATTERN for some of them
	@.ci/need node chrome
	@go run ./internal/cmd/mutants -node="$(NODE)" -only='$(ONLY)'

.PHONY: programs
programs: build ## perform COUNT (1000) programs of the model in Chrome, on each of three surfaces, from the seed FIRST (0) on
	@.ci/need chrome
	go test -count=1 -timeout=2h -v -run='^TestPrograms$$' $(TESTFLAGS) ./tests/headless -programs=$(COUNT) -programs.first=$(FIRST) -programs.length=120

.PHONY: fuzz
fuzz: ## look for programs that the model and the buffers disagree about, for TIME (60s); what fails is shrunk
	go test -run='^$$' -fuzz=FuzzPrograms -fuzztime=$(TIME) -fuzzminimizetime=1x $(TESTFLAGS) ./tests/model

.PHONY: explore
explore: ## perform every small program, and fail each call of 1,000 drawn ones: half an hour on two cores
	@.ci/explore

.PHONY: soak
soak: build ## look for what grows in 1,000,000 frames on memory and 100,000 in Chrome, and for what waits after 500 ends
	@.ci/need cc chrome
	go test -race -count=1 -timeout=30m -run=TestTheEndMeetsEveryCall ./buffers -rounds=500
	go test -count=1 -timeout=60m -v -run=TestNothingIsLeft ./tests/soak -frames=1000000 -out="$(CURDIR)/build/soak-memory.json" $(TESTFLAGS)
	.ci/gotest -count=1 -timeout=60m -run='TestSoak$$|TestLosses' ./tests/headless -soak.frames=100000 -soak.out="$(CURDIR)/build/soak-chrome.json" -losses=140 $(TESTFLAGS)

.PHONY: lint
lint: ## check format, vet and staticcheck for both platforms, the import arrows, mutants and promises, what is assembled, and JavaScript
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt needed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(JS) go vet ./...
	$(STATICCHECK) ./...
	$(JS) $(STATICCHECK) ./...
	cd internal/tools && go vet ./... && $(STATICCHECK) ./...
	cd tests/bench/report && go vet ./... && $(STATICCHECK) ./...
	go run ./internal/cmd/arrows
	go run ./internal/cmd/mutants -list
	go run ./internal/cmd/promises
	@.ci/need wat2wasm
	for module in fused pump; do wat2wasm jsbridge/$$module.wat --output=/dev/stdout | cmp - jsbridge/$$module.wasm; done
	@$(MAKE) --no-print-directory lint-javascript

.PHONY: lint-javascript
lint-javascript: $(NPM_INSTALLED)
	$(NPM_TOOLS)/.bin/eslint --config tests/javascript/eslint.config.js $(LINTED)
	$(NPM_TOOLS)/typescript/bin/tsc --project tests/javascript/module
	$(NPM_TOOLS)/typescript/bin/tsc --project tests/javascript/page
	for version in typescript typescript-7; do $(NPM_TOOLS)/$$version/bin/tsc --project tests/javascript/types; done
	for version in 5.6 5.7 5.8 5.9; do $(NPM_TOOLS)/typescript-$$version/bin/tsc --project tests/javascript/types --types @webgpu/types; done

# npm writes this file last, and npm ci removes what is installed: only where the lock file is newer.
$(NPM_INSTALLED): tests/javascript/package-lock.json
	@.ci/need node npm
	cd tests/javascript && npm ci --silent --ignore-scripts --no-audit --no-fund

.PHONY: size
size: build ## print the module's raw, gzip and brotli bytes; fail above SIZE_LIMIT with brotli
	@$(COMPRESS)
	@bytes() { wc -c < "web/gpubuffers.wasm$$1" | tr -d ' '; }; \
	echo "raw $$(bytes '')  gzip $$(bytes .gz)  brotli $$(bytes .br)  limit $(SIZE_LIMIT)"; \
	if [ "$$(bytes .br)" -gt $(SIZE_LIMIT) ]; then echo 'the module is too large'; exit 1; fi

.PHONY: parts
parts: ## print what the parts of the module weigh, as a table of Markdown
	@mkdir -p build
	@$(WASM_BUILD) $(SMALLER) -o build/linked.wasm ./wasm
	@go run ./internal/cmd/pack -parts build/parts.zip build/linked.wasm
	@$(TOOLS) run ./compress -table "$(CURDIR)/build/parts.zip"

.PHONY: bench
bench: size ## measure in Chrome beside the libraries and hand-written programs; PLAN=quick for a part
	@.ci/need chrome
	tests/bench/build.sh
	go test -count=1 -timeout=10m -v -run='TestSmoke|TestTheChecksum' ./tests/bench
	go test -count=1 -timeout=2h30m -v -run=TestMeasure $(TESTFLAGS) ./tests/bench -plan=$(PLAN)
	go -C tests/bench/report run . -docs ../../../docs ../results/latest.json

.PHONY: bench-firefox
bench-firefox: build ## measure in Firefox what waits for the GPU, beside programs by hand
	@.ci/need firefox
	BROWSER=firefox go test -count=1 -timeout=20m -v -run=TestMeasureWaits $(TESTFLAGS) ./tests/headless -waits.rounds=30

.PHONY: cover
cover: ## measure coverage, native and in Node together; writes build/cover.html
	@.ci/need node
	@mkdir -p build
	go test -coverprofile=build/native.out -coverpkg=./buffers/... $(NATIVE)
	@packages=$(NODE_TESTED); \
	$(JS) go test -exec "$(NODE)" -coverprofile=build/node.out -coverpkg=./buffers/...,./jsbridge/... $$packages
	@{ cat build/native.out; tail -n +2 build/node.out; } > build/cover.out
	@go tool cover -html=build/cover.out -o build/cover.html
	@go tool cover -func=build/cover.out | tail -1

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build tests/bench/page/dist tests/headless/artifacts web/gpubuffers.wasm web/wasm_exec.js
	find web -name '*.br' -delete -o -name '*.gz' -delete -o -path 'web/examples/*.wasm' -delete -o -path 'web/examples/*.go.txt' -delete
