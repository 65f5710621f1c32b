;; Fused calls: several calls of the browser's functions, each with
;; the results of the one before, for one crossing from Go. What lies between
;; stays here, and never becomes a value of Go's.
;;
;; An import of a class is a method that takes its receiver first, or a static
;; one; of "string" the text itself; of "class" the class itself.
(module
  (import "GPUBuffer" "destroy" (func $destroy (param externref)))
  (import "GPUBuffer" "getMappedRange" (func $getMappedRange (param externref f64 f64) (result externref)))
  (import "GPUBuffer" "mapAsync" (func $mapAsync (param externref f64 f64 f64) (result externref)))
  (import "GPUBuffer" "unmap" (func $unmap (param externref)))
  (import "GPUDevice" "createBindGroup" (func $createBindGroup (param externref externref) (result externref)))
  (import "GPUDevice" "createBuffer" (func $createBuffer (param externref externref) (result externref)))
  (import "GPUDevice" "createCommandEncoder" (func $createEncoder (param externref) (result externref)))
  (import "GPUDevice" "pushErrorScope" (func $pushScope (param externref externref)))
  (import "GPUDevice" "popErrorScope" (func $popScope (param externref) (result externref)))
  (import "GPUCommandEncoder" "clearBuffer" (func $clearBuffer (param externref externref f64 f64)))
  (import "GPUCommandEncoder" "copyBufferToBuffer" (func $copyBuffer (param externref externref f64 externref f64 f64)))
  (import "GPUCommandEncoder" "finish" (func $finish (param externref) (result externref)))
  (import "GPUQueue" "submit" (func $submit (param externref externref)))
  (import "GPUQueue" "onSubmittedWorkDone" (func $workDone (param externref) (result externref)))
  (import "Array" "of" (func $none (result externref)))
  (import "Array" "of" (func $list (param externref) (result externref)))
  (import "Array" "of" (func $pair (param externref externref) (result externref)))
  (import "Array" "of" (func $part (param externref f64 f64) (result externref)))
  (import "Array" "push" (func $push (param externref externref)))
  (import "Array" "some" (func $some (param externref externref) (result i32)))
  (import "DataView" "getFloat64" (func $float64 (param externref i32 i32) (result f64)))
  (import "Function" "bind" (func $bind (param externref externref externref) (result externref)))
  (import "Function" "bind" (func $bindTwo (param externref externref externref externref) (result externref)))
  (import "Function" "bind" (func $bindThree (param externref externref externref externref externref) (result externref)))
  (import "Function" "bind" (func $bindCount (param externref externref i32 externref externref) (result externref)))
  (import "Function" "bind" (func $bindTurn (param externref externref externref f64 externref externref) (result externref)))
  (import "Function" "call" (func $callNone (param externref externref)))
  (import "Function" "call" (func $callOne (param externref externref externref)))
  (import "Function" "call" (func $callNumber (param externref externref f64) (result i32)))
  (import "Function" "call" (func $callGiving (param externref externref externref) (result externref)))
  (import "Object" "is" (func $isSame (param externref externref) (result i32)))
  (import "Object" "create" (func $newObject (param externref) (result externref)))
  (import "Promise" "then" (func $then (param externref externref externref)))
  (import "Promise" "then" (func $chain (param externref externref externref) (result externref)))
  (import "Promise" "all" (func $all (param externref) (result externref)))
  (import "Reflect" "apply" (func $apply (param externref externref externref)))
  (import "Reflect" "get" (func $isSet (param externref externref) (result i32)))
  (import "Reflect" "get" (func $element (param externref i32) (result externref)))
  (import "Reflect" "get" (func $property (param externref externref) (result externref)))
  (import "Reflect" "get" (func $lengthOf (param externref externref) (result i32)))
  (import "Reflect" "construct" (func $construct (param externref externref) (result externref)))
  (import "Reflect" "set" (func $setValue (param externref externref externref)))
  (import "Reflect" "set" (func $setNumber (param externref externref f64)))
  (import "TextDecoder" "decode" (func $decode (param externref externref) (result externref)))
  (import "Uint8Array" "set" (func $setBytes (param externref externref)))
  (import "WeakMap" "has" (func $has (param externref externref) (result i32)))
  (import "WeakMap" "get" (func $get (param externref externref) (result externref)))
  (import "class" "Boolean" (global $Boolean externref))
  (import "class" "DataView" (global $DataView externref))
  (import "class" "TextDecoder" (global $TextDecoder externref))
  (import "class" "Uint8Array" (global $Uint8Array externref))
  (import "class" "queueMicrotask" (global $queueMicrotask externref))
  (import "string" "exited" (global $exited externref))
  (import "string" "_resume" (global $resume externref))
  (import "string" "mapped" (global $mapped externref))
  (import "string" "pending" (global $pending externref))
  (import "string" "binding" (global $binding externref))
  (import "string" "buffer" (global $buffer externref))
  (import "string" "entries" (global $entries externref))
  (import "string" "label" (global $label externref))
  (import "string" "layout" (global $layout externref))
  (import "string" "length" (global $length externref))
  (import "string" "offset" (global $offset externref))
  (import "string" "resource" (global $resource externref))
  (import "string" "size" (global $size externref))
  (import "string" "usage" (global $usage externref))
  (import "string" "mappedAtCreation" (global $mappedAtCreation externref))
  (import "string" "validation" (global $validation externref))
  (import "string" "out-of-memory" (global $outOfMemory externref))

  (global $mapModeWrite f64 (f64.const 2))
  (global $mapModeRead f64 (f64.const 1))

  ;; Mapped ranges that are taken, and buffers that are no values of Go's, by
  ;; number; 0 stands for none.
  (table $kept 64 externref)

  (global $descriptor (mut externref) (ref.null extern)) ;; of every buffer
  (global $decoder (mut externref) (ref.null extern)) ;; of UTF-8; null until it is used
  (global $text (mut externref) (ref.null extern)) ;; the label of what is made next; null for none
  (global $bound (mut externref) (ref.null extern)) ;; entries of the bind group that is made next; null for none
  (global $encoder (mut externref) (ref.null extern)) ;; between the first copies of a group and their submit
  (global $verdicts (mut externref) (ref.null extern)) ;; promises of what the scopes of a fetch caught; null for none

  (global $pollsLeft (mut i32) (i32.const 0)) ;; still to come: see pollOnce
  (global $polling (mut i32) (i32.const 0)) ;; one is under way,
  (global $polled (mut externref) (ref.null extern)) ;; of the device
  (global $pumps (mut externref) (ref.null extern)) ;; see pumpBy

  (global $made (mut externref) (ref.null extern)) ;; buffers that no check was asked about yet; null for none
  (global $maker (mut i32) (i32.const 0)) ;; the number of what made them,
  (global $makerDevice (mut externref) (ref.null extern)) ;; its device,
  (global $makerCaught (mut externref) (ref.null extern)) ;; and what hears of those that are invalid
  (global $asked (mut i32) (i32.const 0)) ;; counts checks,
  (global $told (mut i32) (i32.const 0)) ;; and those of which it is known whether all is valid
  (global $refused (mut i32) (i32.const 0)) ;; one of them asks each buffer
  (global $checks (mut i32) (i32.const 0)) ;; that are not answered,
  (global $checked (mut externref) (ref.null extern)) ;; and a promise that resolves with nothing when they are

  (start $init)
  (func $init
    (global.set $descriptor (call $newObject (ref.null extern))))

  ;; Is called first, with the exports of these names, which are values of
  ;; JavaScript's then.
  (global $pollFunction (mut externref) (ref.null extern))
  (global $relayFunction (mut externref) (ref.null extern))
  (global $failFunction (mut externref) (ref.null extern))
  (global $judgeFunction (mut externref) (ref.null extern))
  (global $checkFunction (mut externref) (ref.null extern))
  (global $checkEachFunction (mut externref) (ref.null extern))
  (global $answeredFunction (mut externref) (ref.null extern))
  (global $passFunction (mut externref) (ref.null extern))
  (global $whenToldFunction (mut externref) (ref.null extern))

  (func (export "adopt") (param $pollOnce externref) (param $relayNext externref) (param $fail externref) (param $judge externref)
      (param $check externref) (param $checkEach externref) (param $answered externref) (param $pass externref) (param $whenTold externref)
    (global.set $pollFunction (local.get $pollOnce))
    (global.set $relayFunction (local.get $relayNext))
    (global.set $failFunction (local.get $fail))
    (global.set $judgeFunction (local.get $judge))
    (global.set $checkFunction (local.get $check))
    (global.set $checkEachFunction (local.get $checkEach))
    (global.set $answeredFunction (local.get $answered))
    (global.set $passFunction (local.get $pass))
    (global.set $whenToldFunction (local.get $whenTold)))

  ;; A Uint8Array over n bytes of an ArrayBuffer.
  (func $view (param $buffer externref) (param $at f64) (param $n f64) (result externref)
    (call $construct (global.get $Uint8Array) (call $part (local.get $buffer) (local.get $at) (local.get $n))))

  (func $copy (export "copy") (param $to externref) (param $toAt f64) (param $from externref) (param $fromAt f64) (param $n f64)
    (call $setBytes
      (call $view (local.get $to) (local.get $toAt) (local.get $n))
      (call $view (local.get $from) (local.get $fromAt) (local.get $n))))

  ;; Takes the range of a mapped part by that number.
  (func $take (export "take") (param $i i32) (param $buffer externref) (param $at f64) (param $n f64)
    (global.set $pollsLeft (i32.const 0))
    (call $keep (local.get $i) (call $getMappedRange (local.get $buffer) (local.get $at) (local.get $n))))

  (func $keep (param $i i32) (param $it externref)
    (if (i32.ge_u (local.get $i) (table.size $kept))
      (then (drop (table.grow $kept (ref.null extern) (i32.add (local.get $i) (i32.const 64))))))
    (table.set $kept (local.get $i) (local.get $it)))

  (func $range (export "range") (param $i i32) (result externref)
    (table.get $kept (local.get $i)))

  ;; Gives what is kept under a number, and keeps it no more.
  (func $letGo (export "letGo") (param $i i32) (result externref)
    (table.get $kept (local.get $i))
    (table.set $kept (local.get $i) (ref.null extern)))

  (func (export "destroy") (param $i i32)
    (call $destroy (call $letGo (local.get $i))))

  ;; Copies n bytes into a range, and out of one.
  (func (export "store") (param $i i32) (param $at f64) (param $from externref) (param $fromAt f64) (param $n f64)
    (call $copy (call $range (local.get $i)) (local.get $at) (local.get $from) (local.get $fromAt) (local.get $n)))

  (func (export "load") (param $i i32) (param $at f64) (param $to externref) (param $toAt f64) (param $n f64)
    (call $copy (local.get $to) (local.get $toAt) (call $range (local.get $i)) (local.get $at) (local.get $n)))

  ;; Calls a function with a range and two numbers.
  (func $hand (export "hand") (param $i i32) (param $function externref) (param $x f64) (param $y f64)
    (call $apply (local.get $function) (ref.null extern) (call $part (call $range (local.get $i)) (local.get $x) (local.get $y))))

  (func (export "takeAndHand") (param $i i32) (param $buffer externref) (param $at f64) (param $n f64) (param $function externref) (param $x f64) (param $y f64)
    (call $take (local.get $i) (local.get $buffer) (local.get $at) (local.get $n))
    (call $hand (local.get $i) (local.get $function) (local.get $x) (local.get $y)))

  ;; What a function says of a buffer: 2 that it is mapped, 1 that a map is pending, else 0.
  (func (export "mapState") (param $stateOf externref) (param $buffer externref) (result i32)
    (local $state externref)
    (local.set $state (call $callGiving (local.get $stateOf) (ref.null extern) (local.get $buffer)))
    (i32.add
      (i32.shl (call $isSame (local.get $state) (global.get $mapped)) (i32.const 1))
      (call $isSame (local.get $state) (global.get $pending))))

  ;; Unmaps a buffer whose range has that number.
  (func $release (export "unmap") (param $buffer externref) (param $i i32)
    (drop (call $letGo (local.get $i)))
    (call $unmap (local.get $buffer)))

  (func (export "then") (param $promise externref) (param $resolve externref) (param $reject externref)
    (call $then (local.get $promise) (local.get $resolve) (local.get $reject)))

  ;; Tells a program that the promise with a number resolved, and has its goroutines
  ;; run, where one is awake; or where the program has ended, which throws, unless the
  ;; host has replaced _resume by then.
  (func (export "settled") (param $resolved externref) (param $go externref) (param $number f64)
    (if (i32.eqz (call $isSet (local.get $go) (global.get $exited)))
      (then (if (i32.eqz (call $callNumber (local.get $resolved) (ref.null extern) (local.get $number)))
        (then (return)))))
    (call $callNone (call $property (local.get $go) (global.get $resume)) (local.get $go)))

  ;; Maps a buffer and has the promise call resolve or reject.
  (func $map (export "map") (param $queue externref) (param $buffer externref) (param $mode f64) (param $at f64) (param $n f64) (param $resolve externref) (param $reject externref)
    (call $check)
    (call $thenChecked
      (call $watch (local.get $queue) (call $mapAsync (local.get $buffer) (local.get $mode) (local.get $at) (local.get $n)))
      (local.get $resolve) (local.get $reject)))

  (func (export "workDone") (param $queue externref) (param $resolve externref) (param $reject externref)
    (call $check)
    (call $thenChecked (call $watch (local.get $queue) (call $workDone (local.get $queue))) (local.get $resolve) (local.get $reject)))

  ;; Takes a WeakMap of the pumps by their queues: the export watch of each. There is none in a browser that
  ;; looks for completed work by itself.
  (func (export "pumpBy") (param $map externref)
    (global.set $pumps (local.get $map)))

  ;; Has the queue's pump, if there is one, work until the promise settles, and gives the promise.
  (func $watch (export "watch") (param $queue externref) (param $promise externref) (result externref)
    (if (i32.eqz (ref.is_null (global.get $pumps)))
      (then (if (call $has (global.get $pumps) (local.get $queue))
        (then (call $callOne (call $get (global.get $pumps) (local.get $queue)) (ref.null extern) (local.get $promise))))))
    (local.get $promise))

  ;; Unmaps a chunk whose range has that number, copies its first n bytes to
  ;; dst in a submit of its own, and maps the first size bytes again.
  (func (export "send") (param $device externref) (param $queue externref) (param $chunk externref) (param $i i32) (param $size f64)
      (param $dst externref) (param $at f64) (param $n f64) (param $resolve externref) (param $reject externref)
    (call $release (local.get $chunk) (local.get $i))
    (call $copyAll (local.get $device) (local.get $queue) (local.get $chunk) (local.get $dst) (local.get $at) (local.get $n))
    (call $map (local.get $queue) (local.get $chunk) (global.get $mapModeWrite) (f64.const 0) (local.get $size) (local.get $resolve) (local.get $reject)))

  (func $copyAll (param $device externref) (param $queue externref) (param $chunk externref) (param $dst externref) (param $at f64) (param $n f64)
    (local $commands externref)
    (local.set $commands (call $createEncoder (local.get $device)))
    (call $copyBuffer (local.get $commands) (local.get $chunk) (f64.const 0) (local.get $dst) (local.get $at) (local.get $n))
    (call $submit (local.get $queue) (call $list (call $finish (local.get $commands)))))

  ;; The same for a chunk whose range was not taken yet, filled first. A chunk
  ;; that relays may be used by a relay before its map resolves.
  (func (export "fillAndSend") (param $from externref) (param $fromAt f64) (param $device externref) (param $queue externref)
      (param $chunk externref) (param $size f64) (param $dst externref) (param $at f64) (param $n f64)
      (param $relays i32) (param $resolve externref) (param $reject externref)
    (call $fill (local.get $from) (local.get $fromAt) (local.get $chunk) (local.get $n))
    (call $copyAll (local.get $device) (local.get $queue) (local.get $chunk) (local.get $dst) (local.get $at) (local.get $n))
    (if (local.get $relays)
      (then (call $mapRelay (local.get $queue) (local.get $chunk) (local.get $size) (local.get $resolve) (local.get $reject)))
      (else (call $map (local.get $queue) (local.get $chunk) (global.get $mapModeWrite) (f64.const 0) (local.get $size) (local.get $resolve) (local.get $reject)))))

  (func $fill (param $from externref) (param $fromAt f64) (param $chunk externref) (param $n f64)
    (local $source externref)
    (local.set $source (call $view (local.get $from) (local.get $fromAt) (local.get $n)))
    (call $setBytes
      (call $view (call $getMappedRange (local.get $chunk) (f64.const 0) (local.get $n)) (f64.const 0) (local.get $n))
      (local.get $source))
    (call $unmap (local.get $chunk)))

  ;; A relay carries bytes from one place to another in pieces, by the chunks that
  ;; relay: one whose map has resolved carries the next piece. Where nothing is left,
  ;; or the chunk does not fit a piece, its promise is told.
  (global $piece (mut f64) (f64.const inf)) ;; of the relay; none holds an infinite one
  (global $left (mut f64) (f64.const 0)) ;; bytes
  (global $from (mut externref) (ref.null extern))
  (global $fromAt (mut f64) (f64.const 0))
  (global $device (mut externref) (ref.null extern))
  (global $queue (mut externref) (ref.null extern))
  (global $dst (mut externref) (ref.null extern))
  (global $at (mut f64) (f64.const 0))

  (func (export "relay") (param $from externref) (param $fromAt f64) (param $n f64) (param $piece f64)
      (param $device externref) (param $queue externref) (param $dst externref) (param $at f64)
    (global.set $from (local.get $from))
    (global.set $fromAt (local.get $fromAt))
    (global.set $left (local.get $n))
    (global.set $piece (local.get $piece))
    (global.set $device (local.get $device))
    (global.set $queue (local.get $queue))
    (global.set $dst (local.get $dst))
    (global.set $at (local.get $at)))

  ;; Gives the number of bytes that were left, each time.
  (func $endRelay (export "endRelay") (result f64)
    (global.set $piece (f64.const inf))
    (global.set $from (ref.null extern))
    (global.set $device (ref.null extern))
    (global.set $queue (ref.null extern))
    (global.set $dst (ref.null extern))
    (global.get $left))

  (func $mapRelay (param $queue externref) (param $chunk externref) (param $size f64) (param $resolve externref) (param $reject externref)
    (call $then
      (call $chain
        (call $watch (local.get $queue) (call $mapAsync (local.get $chunk) (global.get $mapModeWrite) (f64.const 0) (local.get $size)))
        (call $bindTurn (global.get $relayFunction) (ref.null extern) (local.get $chunk) (local.get $size) (local.get $resolve) (local.get $reject))
        (local.get $reject))
      (ref.null extern)
      (call $bind (global.get $failFunction) (ref.null extern) (local.get $reject))))

  (func (export "relayNext") (param $chunk externref) (param $size f64) (param $resolve externref) (param $reject externref)
    (local $n f64)
    (local.set $n (f64.min (global.get $left) (global.get $piece)))
    (if (i32.or (f64.eq (local.get $n) (f64.const 0)) (i32.eqz (call $fits (global.get $piece) (local.get $size))))
      (then
        (call $callNone (local.get $resolve) (ref.null extern))
        (return)))
    (call $fill (global.get $from) (global.get $fromAt) (local.get $chunk) (local.get $n))
    (call $copyAll (global.get $device) (global.get $queue) (local.get $chunk) (global.get $dst) (global.get $at) (local.get $n))
    (call $mapRelay (global.get $queue) (local.get $chunk) (local.get $size) (local.get $resolve) (local.get $reject))
    (global.set $left (f64.sub (global.get $left) (local.get $n)))
    (global.set $fromAt (f64.add (global.get $fromAt) (local.get $n)))
    (global.set $at (f64.add (global.get $at) (local.get $n))))

  ;; What is mapped is copied whole: a much larger chunk is left alone.
  (func $fits (param $piece f64) (param $size f64) (result i32)
    (i32.and (f64.le (local.get $piece) (local.get $size)) (f64.le (local.get $size) (f64.mul (local.get $piece) (f64.const 2)))))

  ;; What throws in relayNext ends the relay. What it was to carry is left.
  (func (export "fail") (param $reject externref) (param $error externref)
    (drop (call $endRelay))
    (call $callOne (local.get $reject) (ref.null extern) (local.get $error)))

  ;; Copies of one buffer into a chunk: for each there are three numbers in the
  ;; n bytes from fromAt on: where in src, where in the chunk, how many bytes.
  ;; The copies that are the first of a group begin with an encoder, and those that
  ;; are the first into the chunk, for which first is 2, with no verdicts.
  (func $add (export "add") (param $device externref) (param $first i32) (param $src externref) (param $chunk externref)
      (param $from externref) (param $fromAt f64) (param $n i32)
    (local $list externref)
    (local $i i32)
    (local.set $list (call $construct (global.get $DataView) ;; which throws where the memory has grown
      (call $part (local.get $from) (local.get $fromAt) (f64.convert_i32_u (local.get $n)))))
    (if (i32.eq (local.get $first) (i32.const 2))
      (then (global.set $verdicts (ref.null extern))))
    (if (local.get $first)
      (then (global.set $encoder (call $createEncoder (local.get $device)))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (call $copyBuffer (global.get $encoder)
          (local.get $src) (call $float64 (local.get $list) (local.get $i) (i32.const 1))
          (local.get $chunk) (call $float64 (local.get $list) (i32.add (local.get $i) (i32.const 8)) (i32.const 1))
          (call $float64 (local.get $list) (i32.add (local.get $i) (i32.const 16)) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 24)))
        (br $next))))

  ;; Submits the copies of a group, within an error scope if they are scoped. The
  ;; answer of that is a poll: see pollOnce.
  (func $submitCopies (export "submitCopies") (param $device externref) (param $queue externref) (param $scoped i32)
    (local $commands externref)
    (local $verdict externref)
    (if (local.get $scoped)
      (then (call $pushScope (local.get $device) (global.get $validation))))
    (local.set $commands (call $finish (global.get $encoder)))
    (global.set $encoder (ref.null extern))
    (call $submit (local.get $queue) (call $list (local.get $commands)))
    (if (i32.eqz (local.get $scoped)) (then (return)))
    (local.set $verdict (call $popScope (local.get $device)))
    (call $judgeLater (local.get $verdict))
    (call $pollAfter (local.get $verdict)))

  (func $judgeLater (param $verdict externref)
    (if (ref.is_null (global.get $verdicts))
      (then (global.set $verdicts (call $list (local.get $verdict))))
      (else (call $push (global.get $verdicts) (local.get $verdict)))))

  ;; The same for the last copies, which are submitted, and the first size bytes
  ;; of the chunk mapped; meanwhile the browser polls.
  (func (export "fetch") (param $device externref) (param $first i32) (param $src externref) (param $chunk externref)
      (param $from externref) (param $fromAt f64) (param $n i32)
      (param $queue externref) (param $scoped i32) (param $size f64) (param $polls i32) (param $resolve externref) (param $reject externref)
    (call $add (local.get $device) (local.get $first) (local.get $src) (local.get $chunk) (local.get $from) (local.get $fromAt) (local.get $n))
    (call $submitCopies (local.get $device) (local.get $queue) (local.get $scoped))
    (call $mapJudged (local.get $queue) (local.get $chunk) (local.get $size) (local.get $resolve) (local.get $reject))
    (call $poll (local.get $device) (local.get $polls)))

  ;; Maps a chunk for reading. Its promise is told when every verdict is known, too.
  (func $mapJudged (param $queue externref) (param $chunk externref) (param $size f64) (param $resolve externref) (param $reject externref)
    (local $mapped externref)
    (call $check)
    (if (global.get $checks) (then (call $judgeLater (global.get $checked))))
    (local.set $mapped (call $watch (local.get $queue) (call $mapAsync (local.get $chunk) (global.get $mapModeRead) (f64.const 0) (local.get $size))))
    (if (ref.is_null (global.get $verdicts))
      (then
        (call $then (local.get $mapped) (local.get $resolve) (local.get $reject))
        (return)))
    (call $push (global.get $verdicts) (local.get $mapped))
    (call $then
      (call $all (global.get $verdicts))
      (call $bindTwo (global.get $judgeFunction) (ref.null extern) (local.get $resolve) (local.get $reject))
      (local.get $reject))
    (global.set $verdicts (ref.null extern)))

  ;; Where a scope caught something the promise is told all that they caught.
  (func (export "judge") (param $resolve externref) (param $reject externref) (param $verdicts externref)
    (if (call $some (local.get $verdicts) (global.get $Boolean))
      (then (call $callOne (local.get $reject) (ref.null extern) (local.get $verdicts)))
      (else (call $callNone (local.get $resolve) (ref.null extern)))))

  ;; Has the browser poll so many times whether the GPU is done with anything.
  (func $poll (export "poll") (param $device externref) (param $times i32)
    (global.set $pollsLeft (local.get $times))
    (global.set $polled (local.get $device))
    (if (i32.eqz (global.get $polling)) (then (call $pollOnce))))

  ;; An error scope that is closed is answered at once, and before it answers the
  ;; browser polls whether the GPU is done with anything. The answer makes the
  ;; next one.
  (func $pollOnce (export "pollOnce")
    (global.set $polling (i32.const 0))
    (if (i32.eqz (global.get $pollsLeft)) (then
      (global.set $polled (ref.null extern))
      (return)))
    (global.set $pollsLeft (i32.sub (global.get $pollsLeft) (i32.const 1)))
    (call $pushScope (global.get $polled) (global.get $validation))
    (call $pollAfter (call $popScope (global.get $polled))))

  ;; The answer of a scope makes the next poll, unless another one does.
  (func $pollAfter (export "pollAfter") (param $answer externref)
    (if (global.get $polling) (then (return)))
    (call $then (local.get $answer) (global.get $pollFunction) (global.get $pollFunction))
    (global.set $polling (i32.const 1)))

  ;; Takes n bytes of UTF-8 as the label of what is made next.
  (func (export "text") (param $from externref) (param $at f64) (param $n f64)
    (if (ref.is_null (global.get $decoder))
      (then (global.set $decoder (call $construct (global.get $TextDecoder) (call $none)))))
    (global.set $text (call $decode (global.get $decoder) (call $view (local.get $from) (local.get $at) (local.get $n)))))

  ;; Sets the label of a descriptor, once: undefined if there is none.
  (func $setLabel (param $descriptor externref) (param $undefined externref)
    (local $text externref)
    (local.set $text (global.get $text))
    (global.set $text (ref.null extern))
    (if (ref.is_null (local.get $text)) (then (local.set $text (local.get $undefined))))
    (call $setValue (local.get $descriptor) (global.get $label) (local.get $text)))

  ;; An entry of the bind group that is made next.
  (func $bindResource (export "bindResource") (param $number f64) (param $it externref)
    (local $entry externref)
    (local.set $entry (call $newObject (ref.null extern)))
    (call $setNumber (local.get $entry) (global.get $binding) (local.get $number))
    (call $setValue (local.get $entry) (global.get $resource) (local.get $it))
    (if (ref.is_null (global.get $bound))
      (then (global.set $bound (call $list (local.get $entry))))
      (else (call $push (global.get $bound) (local.get $entry)))))

  ;; The same for a part of a buffer: one that is kept, if i is its number and not 0. If n
  ;; is 0, the part goes to its end.
  (func (export "bindBuffer") (param $number f64) (param $i i32) (param $it externref) (param $at f64) (param $n f64)
    (local $part externref)
    (if (local.get $i) (then (local.set $it (table.get $kept (local.get $i)))))
    (local.set $part (call $newObject (ref.null extern)))
    (call $setValue (local.get $part) (global.get $buffer) (local.get $it))
    (call $setPositive (local.get $part) (global.get $offset) (local.get $at))
    (call $setPositive (local.get $part) (global.get $size) (local.get $n))
    (call $bindResource (local.get $number) (local.get $part)))

  (func $setPositive (param $it externref) (param $key externref) (param $n f64)
    (if (f64.gt (local.get $n) (f64.const 0)) (then (call $setNumber (local.get $it) (local.get $key) (local.get $n)))))

  (func (export "createBindGroup") (param $device externref) (param $of externref) (param $undefined externref) (result externref)
    (local $group externref)
    (local.set $group (call $newObject (ref.null extern)))
    (if (ref.is_null (global.get $bound)) (then (global.set $bound (call $none))))
    (call $setLabel (local.get $group) (local.get $undefined))
    (call $setValue (local.get $group) (global.get $layout) (local.get $of))
    (call $setValue (local.get $group) (global.get $entries) (global.get $bound))
    (global.set $bound (ref.null extern))
    (call $createBindGroup (local.get $device) (local.get $group)))

  ;; Makes a buffer, and keeps it under a number. If maker is 0, it does so within error
  ;; scopes. What they catch goes to caught(buffer, error), where caught is the export
  ;; of that name bound to a function for it; while they catch nothing, nothing is called.
  (func (export "createBuffer") (param $maker i32) (param $device externref) (param $caught externref) (param $i i32)
      (param $undefined externref) (param $bytes f64) (param $flags f64) (param $isMapped externref)
    (local $buffer externref)
    (call $setLabel (global.get $descriptor) (local.get $undefined))
    (call $setNumber (global.get $descriptor) (global.get $size) (local.get $bytes))
    (call $setNumber (global.get $descriptor) (global.get $usage) (local.get $flags))
    (call $setValue (global.get $descriptor) (global.get $mappedAtCreation) (local.get $isMapped))
    (if (local.get $maker) (then
      (call $keepChecked (local.get $maker) (local.get $device) (local.get $caught) (local.get $i)
        (call $createBuffer (local.get $device) (global.get $descriptor)))
      (return)))
    (call $pushScope (local.get $device) (global.get $validation))
    (call $pushScope (local.get $device) (global.get $outOfMemory))
    (local.set $buffer (call $createBuffer (local.get $device) (global.get $descriptor)))
    (call $keep (local.get $i) (local.get $buffer))
    (local.set $caught (call $bind (local.get $caught) (ref.null extern) (local.get $buffer)))
    (call $popTo (local.get $device) (local.get $caught))
    (call $popTo (local.get $device) (local.get $caught)))

  (func $popTo (param $device externref) (param $caught externref)
    (call $then (call $popScope (local.get $device)) (local.get $caught) (local.get $caught)))

  (func (export "caught") (param $report externref) (param $buffer externref) (param $error externref)
    (if (i32.eqz (ref.is_null (local.get $error)))
      (then (call $apply (local.get $report) (ref.null extern) (call $pair (local.get $buffer) (local.get $error))))))

  ;; Keeps a buffer that was made without error scopes, by createBuffer or by the host.
  ;; All that are made in a task by one maker are checked together when the task ends,
  ;; or ahead of what is asked for before: a scope a buffer costs more than the buffer.
  (func $keepChecked (export "keepChecked") (param $maker i32) (param $device externref) (param $caught externref)
      (param $i i32) (param $buffer externref)
    (call $keep (local.get $i) (local.get $buffer))
    (if (i32.eq (global.get $maker) (local.get $maker)) (then
      (call $push (global.get $made) (local.get $buffer))
      (return)))
    (call $check)
    (global.set $made (call $list (local.get $buffer)))
    (global.set $maker (local.get $maker))
    (global.set $makerDevice (local.get $device))
    (global.set $makerCaught (local.get $caught))
    (call $callOne (global.get $queueMicrotask) (ref.null extern) (global.get $checkFunction)))

  ;; Asks whether all of the made buffers are valid: then a scope catches nothing.
  ;; What is asked for from now on waits for the answer: see afterChecks.
  (func $check (export "check")
    (local $made externref)
    (local $answer externref)
    (local.set $made (global.get $made))
    (if (ref.is_null (local.get $made)) (then (return)))
    (global.set $made (ref.null extern))
    (local.set $answer (call $chain
      (call $chain
        (call $use (global.get $makerDevice) (local.get $made) (i32.const 0) (call $lengthOf (local.get $made) (global.get $length)))
        (call $bindThree (global.get $checkEachFunction) (ref.null extern) (global.get $makerDevice) (local.get $made) (global.get $makerCaught))
        (ref.null extern))
      (global.get $answeredFunction) (global.get $answeredFunction)))
    (global.set $maker (i32.const 0))
    (global.set $makerDevice (ref.null extern))
    (global.set $makerCaught (ref.null extern))
    (if (global.get $checks) (then
      (local.set $answer (call $chain (global.get $checked)
        (call $bind (global.get $passFunction) (ref.null extern) (local.get $answer))
        (ref.null extern)))))
    (global.set $checked (local.get $answer))
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    (global.set $checks (i32.add (global.get $checks) (i32.const 1))))

  ;; Uses buffers harmlessly, and gives the promise of what a scope caught of that:
  ;; their commands clear no byte, and are not submitted.
  (func $use (param $device externref) (param $buffers externref) (param $i i32) (param $end i32) (result externref)
    (local $commands externref)
    (call $pushScope (local.get $device) (global.get $validation))
    (local.set $commands (call $createEncoder (local.get $device)))
    (loop $next
      (call $clearBuffer (local.get $commands) (call $element (local.get $buffers) (local.get $i)) (f64.const 0) (f64.const 0))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $end))))
    (drop (call $finish (local.get $commands)))
    (call $popScope (local.get $device)))

  ;; The answer: if a buffer is invalid, each is asked.
  (func (export "checkEach") (param $device externref) (param $buffers externref) (param $caught externref) (param $error externref) (result externref)
    (local $answers externref)
    (local $i i32)
    (global.set $told (i32.add (global.get $told) (i32.const 1)))
    (if (ref.is_null (local.get $error)) (then (return (ref.null extern))))
    (global.set $refused (i32.const 1))
    (local.set $answers (call $list (ref.null extern)))
    (loop $next
      (local.set $error (call $bind (local.get $caught) (ref.null extern) (call $element (local.get $buffers) (local.get $i))))
      (call $push (local.get $answers) (call $chain
        (call $use (local.get $device) (local.get $buffers) (local.get $i) (i32.add (local.get $i) (i32.const 1)))
        (local.get $error) (local.get $error)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (call $lengthOf (local.get $buffers) (global.get $length)))))
    (call $all (local.get $answers)))

  (func $answered (export "answered")
    (global.set $checks (i32.sub (global.get $checks) (i32.const 1)))
    (if (global.get $checks) (then (return)))
    (global.set $checked (ref.null extern))
    (global.set $told (global.get $asked))
    (global.set $refused (i32.const 0)))

  (func (export "pass") (param $it externref) (result externref) (local.get $it))

  ;; A promise that resolves when also all earlier buffers are checked. What is
  ;; invalid is reported by then.
  (func $afterChecks (export "afterChecks") (param $promise externref) (result externref)
    (call $check)
    (if (i32.eqz (global.get $checks)) (then (return (local.get $promise))))
    (call $all (call $pair (local.get $promise) (global.get $checked))))

  ;; Has a promise that was asked for after a check call resolve when that is answered,
  ;; too: at once, if it is. To wait for another promise would be later than the page's
  ;; own waits.
  (func $thenChecked (param $promise externref) (param $resolve externref) (param $reject externref)
    (if (global.get $checks) (then
      (local.set $resolve (call $bindCount (global.get $whenToldFunction) (ref.null extern) (global.get $asked) (local.get $resolve) (global.get $checked)))))
    (call $then (local.get $promise) (local.get $resolve) (local.get $reject)))

  (func (export "whenTold") (param $asked i32) (param $resolve externref) (param $checked externref)
    (if (i32.or (i32.lt_u (global.get $told) (local.get $asked)) (global.get $refused))
      (then (call $then (local.get $checked) (local.get $resolve) (local.get $resolve)))
      (else (call $callNone (local.get $resolve) (ref.null extern)))))

  ;; Has resolve called when it is known of all buffers so far whether they are valid:
  ;; of scoped ones, too, since scopes are answered in order.
  (func (export "whenKnown") (param $device externref) (param $resolve externref) (param $reject externref)
    (call $check)
    (call $pushScope (local.get $device) (global.get $validation))
    (call $thenChecked (call $popScope (local.get $device)) (local.get $resolve) (local.get $reject))))
