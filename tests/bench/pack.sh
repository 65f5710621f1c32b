#!/usr/bin/env bash
# Packs the benchmark and the headless tests for a host that has neither Go nor npm. Usage: pack.sh OUT.tar.gz
# On the host: unpack it and run, with CHROME_PATH and CHROME_GPU_FLAGS in the environment,
#   in tests/bench:    ./bench.test -test.v -test.timeout=60m -test.run=TestMeasure -plan=full -commit=COMMIT -driver=DRIVER -out=results.json
#   a part in a few minutes: -plan=full -workload='^burst$' -competitor='^gpubuffers$|PlayCanvas', or -workload=regret -regret=50
#   in tests/headless: GOTEST_WASM=. ./headless.test -test.v -test.timeout=20m
set -euo pipefail
out=$(realpath "${1:?usage: pack.sh OUT.tar.gz}")
cd "$(dirname "$0")/../.."

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
make --no-print-directory build
tests/bench/build.sh >/dev/null
mkdir -p "$stage/tests/bench" "$stage/tests/headless"
CGO_ENABLED=0 go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/bench/bench.test" ./tests/bench
cp go.mod "$stage/"
CGO_ENABLED=0 go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/headless/headless.test" ./tests/headless
GOOS=js GOARCH=wasm go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/headless/webgpu.wasm" ./buffers/webgpu
GOOS=js GOARCH=wasm go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/headless/gatesprogram.wasm" ./tests/headless/gatesprogram
GOOS=js GOARCH=wasm go test -c -trimpath -ldflags='-s -w' -o "$stage/tests/headless/burstsprogram.wasm" ./tests/headless/burstsprogram
cp -rp tests/headless/testdata "$stage/tests/headless/"
cp -rp web "$stage/"
cp -rp tests/bench/page "$stage/tests/bench/"
tar -C "$stage" -czf "$out" .
ls -l "$out"
