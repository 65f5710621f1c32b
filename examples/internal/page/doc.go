// Package page is what the examples need of the web page they run in: animation frames, text, a slider,
// a graph, and a place for errors. It keeps JavaScript out of them.
package page
