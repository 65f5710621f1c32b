// The WebAssembly module. Its exports take and give numbers. Its functions take and give values of any kind, and return
// an Error if they fail.

import { isA, isBufferSource } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";
import { newProgram } from "./loader.js";
import { Reads } from "./reads.js";

const rawName = "gpubuffersRaw";

/** What an export gives if it refuses, and every export of a module that has ended. */
const refused = -1;
const ended = new Proxy({}, { get: () => () => refused });

/** A running WebAssembly module. Once it has ended, by a fault, every call fails. */
export class Module {
  #functions;
  #ended = false;
  #cause;
  #asked = []; // by number, from 1 on: the promises that are not settled, and what they are of
  #free = []; // numbers
  #onEnd = []; // [WeakRef of a target, function of it and the error]
  arguments = { label: "", memory: undefined, source: undefined, commands: undefined }; // go along with a call of an export
  #result; // the object that came with the result of an export,
  #refusal; // or why it refused
  mappedRange; // or the mapped range that came
  reads = new Reads(this);
  /** @type {{ flush(): void }[]} */
  untold = []; // uploads and buffers of this task: they come ahead of everything else that the module is told
  changes = 0; // how often the module said that what is kept of buffers may be wrong by now

  /** @type {Record<string, (...numbers: number[]) => number>} */
  exports;

  constructor(program, instance) {
    this.memory = instance.exports.mem;
    this.exports = instance.exports;
    const { end, left } = program.run(instance, rawName);
    end.then(() => this.#end(), (cause) => this.#end(cause));
    this.#functions = left;
    if (this.#functions === undefined) throw refusal("internal", "open", "", "the WebAssembly file is not that of gpubuffers");
    const resume = () => void this.tell("resume");
    /** What both sides must agree on: sizes in bytes, numbers by which both call something, and calls that are made here. */
    this.agreed = this.call("attach", {
      arguments: this.arguments,
      newError: refusal,
      settle: (number, value, failed) => this.#settle(number, value, failed),
      callback: (number) => () => this.#resolved(number),
      mappedRange: (memory, size) => void (this.mappedRange = new Uint8Array(memory, 0, size)),
      result: (object) => void (this.#result = object),
      refuse: (error) => void (this.#refusal = error),
      changed: () => void this.changes++,
      resume: () => queueMicrotask(resume),
      deliver: (chunk, address, count) => this.reads.deliver(chunk, address, count),
      fail: (number, error) => this.reads.fail(number, error),
      lend: (...lent) => this.reads.lend(...lent),
    });
  }

  get ended() {
    return this.#ended;
  }

  check(operation) {
    if (this.#ended) throw this.#endedError(operation);
  }

  /** Calls a function with values of any kind. It throws what the function refuses. */
  call(name, ...values) {
    this.check(name);
    this.#beforeCall();
    let result;
    try {
      result = this.#functions[name](...values);
    } catch (cause) {
      this.#end(cause);
      throw this.#endedError(name);
    }
    if (result instanceof Error) throw result;
    return result;
  }

  /** Calls an export with numbers, and gives its number. It throws what the export refuses. */
  run(name, ...numbers) {
    const result = this.tell(name, ...numbers);
    if (result === refused) throw this.refusal(name);
    return result;
  }

  /** The same with values that go along, and that nobody keeps. */
  runWith(values, name, ...numbers) {
    return this.#with(values, () => this.run(name, ...numbers));
  }

  /** Has values go along with what f calls. What is told before that has none of the same name. */
  #with(values, f) {
    Object.assign(this.arguments, values);
    try {
      return f();
    } finally {
      for (const key in values) this.arguments[key] = undefined;
    }
  }

  /** Calls an export that does not refuse, or whose refusal nobody hears of. It gives less than 0 if the module has ended. */
  tell(name, ...numbers) {
    this.#beforeCall();
    return this.aside(name, ...numbers);
  }

  /** The same of an export that has no order among the others: nothing is brought to an end first. */
  aside(name, ...numbers) {
    try {
      return this.exports[name](...numbers);
    } catch (cause) {
      this.#end(cause);
      return refused;
    }
  }

  asideWith(values, name, ...numbers) {
    return this.#with(values, () => this.aside(name, ...numbers));
  }

  /** Brings to an end what the module does not know of. */
  #beforeCall() {
    this.catchUp();
    this.reads.giveBack();
  }

  /** Tells of the buffers of this task, and sends its uploads: before anything that is to be behind them. */
  catchUp() {
    while (this.untold.length > 0) this.untold[0].flush();
  }

  /** Why an export refused. */
  refusal(name) {
    const error = this.#refusal;
    this.#refusal = undefined;
    return this.#ended || error === undefined ? this.#endedError(name) : error;
  }

  /** Calls a function that waits; everything that fails rejects. Until it settles it keeps who asks alive. */
  ask(owner, name, ...values) {
    this.#beforeCall(); // which may ask, too
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
   * Calls an export with the number of a promise besides, and gives what it gives, or if that is 0 the promise,
   * which the module settles. It throws what the export refuses.
   * @returns {any}
   */
  awaits(name, ...numbers) {
    let number = 0;
    const promise = new Promise((resolve, reject) => (number = this.#take(name, resolve, reject)));
    const result = this.tell(name, ...numbers, number);
    if (result === 0) return promise;
    if (this.#asked[number - 1]) this.#giveBack(number);
    promise.catch(() => {}); // of a module that has ended
    if (result === refused) throw this.refusal(name);
    return result;
  }

  /** The same with values that go along. */
  awaitsWith(values, name, ...numbers) {
    return this.#with(values, () => this.awaits(name, ...numbers));
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

  /** The object that came with the result of an export, which is kept for as long as it is not taken. */
  take() {
    const object = this.#result;
    this.#result = undefined;
    return object;
  }

  #end(cause) {
    if (this.#ended) return;
    this.#ended = true;
    this.#cause = cause;
    this.exports = ended;
    for (const asked of this.#asked.splice(0)) asked?.reject(this.#endedError(asked.name));
    const error = this.#endedError("read");
    this.reads.endAll(error);
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
    const content = contentOf(source); // first: it may be fetched while the loader is made
    const program = newProgram();
    return new Module(program, await instantiate(await content, program.imports));
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
  if (typeOf(response) === "text/html") throw refusal("internal", "open", "", `${response.url} is a page, and not gpubuffers.wasm: is the bundler told of it?`);
  return response;
}

/** @param {Response} response */
function typeOf(response) {
  return response.headers.get("Content-Type")?.split(";")[0].trim().toLowerCase();
}

async function instantiate(wasm, imports) {
  if (isA(wasm, WebAssembly.Module)) return WebAssembly.instantiate(wasm, imports);
  if (isBufferSource(wasm)) return (await WebAssembly.instantiate(wasm, imports)).instance;
  const result = typeOf(wasm) === "application/wasm"
    ? await WebAssembly.instantiateStreaming(wasm, imports)
    : await WebAssembly.instantiate(await wasm.arrayBuffer(), imports);
  return result.instance;
}
