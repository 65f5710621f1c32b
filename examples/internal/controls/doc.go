// Package controls gives an example that goes on the parts of its web page: animation frames, text, a slider, a graph,
// and numbers of the address. It keeps JavaScript out of the example.
package controls
