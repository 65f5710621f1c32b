#!/usr/bin/env bash
# Builds page/dist: the Go program and, where npm can install them, one ES module a library. Without them the
# benchmark runs with the hand-written paths and this project alone, and says so.
set -euo pipefail
cd "$(dirname "$0")"
dist=page/dist
mkdir -p "$dist"

GOOS=js GOARCH=wasm go build -trimpath -ldflags='-s -w' -o "$dist/gowasm.wasm" ./gowasm
cp "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$dist/wasm_exec.js"

# npm ci removes what is installed: only where the lock file is newer.
installed=node_modules/.package-lock.json
if ! [ "$installed" -nt package-lock.json ] && ! npm ci --ignore-scripts --no-audit --no-fund; then
	echo 'bench: npm cannot install the libraries: they are left out' >&2
	for library in page/libraries/*.js; do
		echo 'export function open() { throw new Error("npm could not install it"); }' >"$dist/$(basename "$library")"
	done
	exit 0
fi
node_modules/.bin/esbuild page/libraries/*.js --bundle --format=esm --minify --legal-comments=none \
	--target=es2022 --log-level=warning --outdir="$dist"
ls -l "$dist"
