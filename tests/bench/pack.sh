#!/usr/bin/env bash
# Packs the benchmark for a host that has neither Go nor npm. Usage: pack.sh OUT.tar.gz
# On the host: unpack it and run, in its folder tests/bench,
#   ./bench.test -test.v -test.timeout=60m -test.run=TestMeasure -plan=full -commit=COMMIT -out=results.json
# with CHROME_PATH and CHROME_GPU_FLAGS in the environment.
set -euo pipefail
out=$(realpath "${1:?usage: pack.sh OUT.tar.gz}")
cd "$(dirname "$0")/../.."

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
make --no-print-directory build
tests/bench/build.sh >/dev/null
mkdir -p "$stage/web" "$stage/tests/bench"
CGO_ENABLED=0 go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/bench/bench.test" ./tests/bench
cp go.mod "$stage/"
cp -rp web/gpubuffers* web/wasm_exec.js* "$stage/web/"
cp -rp tests/bench/page "$stage/tests/bench/"
tar -C "$stage" -czf "$out" .
ls -l "$out"
