// Package page gives a program that draws with WebGPU the parts of its web
// page: a beginning and an end, a place for the error that ends it, and a
// canvas.
//
//	func main() { page.Run(run) }
//
//	func run(ctx context.Context) error {
//		adapter, err := jsbridge.RequestAdapter(ctx, nil)
//		...
//		canvas, err := page.OpenCanvas(device, "canvas")
//		...
//		pass, err := canvas.BeginRenderPass(encoder, jsbridge.Color{A: 1})
//		...
//	}
package page
