// The WebAssembly module, whose functions take numbers and native objects and return an Error where they
// fail.

import { isA, isBufferSource } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";
import { newProgram } from "./loader.js";

const rawName = "gpubuffersRaw";

/** The exports of a module that has ended: what they are asked for is refused, and no read is left to send. */
const ended = new Proxy({}, { get: (_, name) => () => (name === "readFlush" ? 1 : -1) });

/** A running WebAssembly module. Once it has ended, by a fault, every call fails. */
export class Module {
  #raw;
  #ended = false;
  #cause;
  #asked = []; // by number, from 1 on: the promises that are not settled, and what they are of
  #free = []; // numbers
  #onEnd = []; // [WeakRef of a target, function of it and the error]
  lent = { memory: undefined }; // what goes along with a call of an export,
  room; // and what with its result:
  given;
  changes = 0; // how often the module said that what is kept of buffers may be wrong by now

  /** @type {Record<string, (...numbers: number[]) => number>} */
  exports;

  constructor(program, instance) {
    this.memory = instance.exports.mem;
    this.exports = instance.exports;
    const { end, left } = program.run(instance, rawName);
    end.then(() => this.#end(), (cause) => this.#end(cause));
    this.#raw = left;
    if (this.#raw === undefined) throw refusal("internal", "open", "", "the WebAssembly file is not that of gpubuffers");
    const resume = () => void this.numbers("resume");
    this.#raw.setErrorFactory(refusal);
    this.#raw.attach(
      this.lent,
      (number, value, failed) => this.#settle(number, value, failed),
      (number) => () => this.#resolved(number),
      (memory, size) => void (this.room = new Uint8Array(memory, 0, size)),
      (buffer) => void (this.given = buffer),
      () => void this.changes++,
      () => queueMicrotask(resume),
    );
  }

  get ended() {
    return this.#ended;
  }

  check(operation) {
    if (this.#ended) throw this.#endedError(operation);
  }

  call(name, ...values) {
    this.check(name);
    let result;
    try {
      result = this.#raw[name](...values);
    } catch (cause) {
      this.#end(cause);
      throw this.#endedError(name);
    }
    if (result instanceof Error) throw result;
    return result;
  }

  /** Calls an export, and gives the number that it gives: -1 where it refuses, or the module ends. */
  numbers(name, ...values) {
    try {
      return this.exports[name](...values);
    } catch (cause) {
      this.#end(cause);
      return -1;
    }
  }

  /** Calls a function that waits; everything that fails rejects. Until it settles it keeps who asks alive. */
  ask(owner, name, ...values) {
    return new Promise((resolve, reject) => {
      const number = this.#take(name, resolve, reject, owner);
      try {
        this.exports.ask(number);
        const promise = this.call(name, ...values); // undefined, unless a getter among the values took the number
        promise?.then((value) => this.#settle(number, value), (error) => this.#settle(number, error, true));
      } catch (error) {
        this.exports.ask(0);
        this.#settle(number, error, true);
      }
    });
  }

  /**
   * Calls an export with the number of a promise besides, and gives what it gives, or where that is 0 the promise,
   * which the module settles.
   * @returns {any}
   */
  awaits(name, ...numbers) {
    let number = 0;
    const promise = new Promise((resolve, reject) => (number = this.#take(name, resolve, reject)));
    try {
      const result = this.exports[name](...numbers, number);
      if (result === 0) return promise;
      this.#giveBack(number);
      return result;
    } catch (cause) {
      this.#end(cause); // rejects
      return promise;
    }
  }

  /** The number of a promise. */
  #take(name, resolve, reject, owner) {
    const number = this.#free.pop() ?? this.#asked.length + 1;
    this.#asked[number - 1] = { name, resolve, reject, owner };
    return number;
  }

  #giveBack(number) {
    this.#asked[number - 1] = undefined;
    this.#free.push(number);
  }

  /**
   * A promise of the browser's has resolved that the module waits for. Go's export "resume", which wasm_exec.js
   * calls for its timers, has the goroutines run that are awake: for less than an event of syscall/js costs.
   */
  #resolved(number) {
    if (this.#ended) return;
    try {
      if (this.exports.gpubuffers_resolved(number) === 1) this.exports.resume();
    } catch (cause) {
      this.#end(cause);
    }
  }

  #settle(number, value, failed) {
    const asked = this.#asked[number - 1];
    if (!asked) return; // the module has ended
    this.#giveBack(number);
    if (failed) asked.reject(value);
    else asked.resolve(value);
  }

  /** Calls f with the target, and an error that says so, when the module ends. It keeps no target alive: nor must f. */
  whenEnded(target, f) {
    this.#onEnd = this.#onEnd.filter(([ref]) => ref.deref());
    this.#onEnd.push([new WeakRef(target), f]);
  }

  /** What the module gave last, which is kept for as long as it is not taken. */
  take() {
    const { given } = this;
    this.given = undefined;
    return given;
  }

  fault(cause) {
    this.#end(cause);
  }

  #end(cause) {
    if (this.#ended) return;
    this.#ended = true;
    this.#cause = cause;
    this.exports = ended;
    for (const asked of this.#asked.splice(0)) asked?.reject(this.#endedError(asked.name));
    const error = this.#endedError("read");
    for (const [ref, f] of this.#onEnd) {
      const target = ref.deref();
      if (target) f(target, error);
    }
  }

  #endedError(operation) {
    return refusal("internal", operation, "", "the WebAssembly module has ended", this.#cause);
  }
}

const modules = { byAddress: new Map(), byObject: new WeakMap() };

/** The module of a source, the same for all who give the same one. */
export function moduleOf(source) {
  const byAddress = isAddress(source);
  if (!byAddress && (source === null || typeof source !== "object")) {
    throw refusal("type", "open", "", `wasm cannot be loaded from a ${typeof source}`);
  }
  const known = byAddress ? modules.byAddress : modules.byObject;
  const key = byAddress ? String(source) : source;
  const loading = known.get(key)?.then((module) => (module.ended ? undefined : module)) ?? Promise.resolve();
  const module = loading.then((module) => module ?? load(source));
  known.set(key, module);
  module.catch(() => known.delete(key));
  return module;
}

function isAddress(source) {
  return typeof source === "string" || isA(source, URL);
}

async function load(source) {
  try {
    const program = newProgram();
    return new Module(program, await instantiate(await contentOf(source), program.imports));
  } catch (cause) {
    throw cause instanceof GPUBufferError ? cause : refusal("internal", "open", "", "the WebAssembly module could not be loaded", cause);
  }
}

/** What a source brings: a WebAssembly.Module, bytes, or a Response that is well. */
async function contentOf(source) {
  if (isA(source, WebAssembly.Module) || isBufferSource(source)) return source;
  const response = await (isAddress(source) ? fetch(source) : source);
  if (!isA(response, Response)) throw refusal("type", "open", "", "wasm is none of the kinds that can be loaded");
  if (!response.ok) throw refusal("internal", "open", "", `${response.url} answers ${response.status}`);
  return response;
}

async function instantiate(wasm, imports) {
  if (isA(wasm, WebAssembly.Module)) return WebAssembly.instantiate(wasm, imports);
  if (isBufferSource(wasm)) return (await WebAssembly.instantiate(wasm, imports)).instance;
  const streams = wasm.headers.get("Content-Type")?.split(";")[0].trim().toLowerCase() === "application/wasm";
  const result = streams
    ? await WebAssembly.instantiateStreaming(wasm, imports)
    : await WebAssembly.instantiate(await wasm.arrayBuffer(), imports);
  return result.instance;
}
