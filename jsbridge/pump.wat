;; The pump of a device: pump_js.go says what it is for. Each device has an instance of its own.
(module
  (import "GPUDevice" "pushErrorScope" (func $pushScope (param externref externref)))
  (import "GPUDevice" "popErrorScope" (func $popScope (param externref) (result externref)))
  (import "GPUQueue" "submit" (func $submit (param externref externref)))
  (import "Array" "of" (func $newList (result externref)))
  (import "Promise" "then" (func $then (param externref externref externref)))
  (import "globalThis" "setTimeout" (func $setTimeout (param externref f64)))
  (import "string" "validation" (global $validation externref))

  (global $device (mut externref) (ref.null extern))
  (global $queue (mut externref) (ref.null extern))
  (global $nothing (mut externref) (ref.null extern)) ;; an empty list of command buffers
  (global $waiting (mut i32) (i32.const 0)) ;; promises
  (global $running (mut i32) (i32.const 0))
  (global $ended (mut i32) (i32.const 0))

  ;; The exports of these names, which are values of JavaScript's.
  (global $settledFunction (mut externref) (ref.null extern))
  (global $restFunction (mut externref) (ref.null extern))
  (global $turnFunction (mut externref) (ref.null extern))

  (func (export "adopt") (param $device externref) (param $queue externref)
      (param $settled externref) (param $rest externref) (param $turn externref)
    (global.set $device (local.get $device))
    (global.set $queue (local.get $queue))
    (global.set $settledFunction (local.get $settled))
    (global.set $restFunction (local.get $rest))
    (global.set $turnFunction (local.get $turn))
    (global.set $nothing (call $newList)))

  ;; Pumps until the promise, and each other one, has settled.
  (func (export "watch") (param $promise externref)
    (call $then (local.get $promise) (global.get $settledFunction) (global.get $settledFunction))
    (global.set $waiting (i32.add (global.get $waiting) (i32.const 1)))
    (if (i32.eqz (global.get $running)) (then (call $turn))))

  (func (export "settled")
    (global.set $waiting (i32.sub (global.get $waiting) (i32.const 1))))

  ;; A turn is an empty submit, the answer of an error scope after it, and a rest. So no more than one submit is on its
  ;; way, however busy the browser is. Timeouts that only follow each other would be 4 ms apart.
  (func $turn (export "turn")
    (global.set $running (i32.gt_u (global.get $waiting) (global.get $ended)))
    (if (i32.eqz (global.get $running)) (then (return)))
    (call $submit (global.get $queue) (global.get $nothing))
    (call $pushScope (global.get $device) (global.get $validation))
    (call $then (call $popScope (global.get $device)) (global.get $restFunction) (global.get $restFunction)))

  (func (export "rest")
    (call $setTimeout (global.get $turnFunction) (f64.const 1)))

  ;; The device is lost. What a GPU that hangs was to do may never settle.
  (func (export "end")
    (global.set $ended (i32.const -1))))
