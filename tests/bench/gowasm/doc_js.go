//go:build js && wasm

// Command gowasm is the Go side of the benchmark's page: the same workloads on this project's packages, and
// the way Go programs usually drive a JavaScript API.
package main
