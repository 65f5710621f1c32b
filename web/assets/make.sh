#!/usr/bin/env bash
# Makes bunny.bin and picture.jpg again. Needs Go, npm and the network.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm pack --silent --pack-destination "$work" bunny@1.0.1 >/dev/null
echo "381e02c74b98cf18814d7bec794726ef70b9c67e037273e82054d0043f6ae303  $work/bunny-1.0.1.tgz" | sha256sum --check --quiet
tar -xzf "$work/bunny-1.0.1.tgz" -C "$work"
go -C ../../internal/tools run ./assets -bunny "$work/package/index.js" -out "$PWD"
