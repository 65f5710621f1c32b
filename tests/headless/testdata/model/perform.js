// Performs programs of tests/model, and takes down what becomes of each operation, for its judge in Go.
import { operations, skipped } from "./operations.js";
import { World } from "./world.js";

/** Performs a program's text. All times are so many times as long. */
export async function perform(open, text, patience = 1) {
  const { world, ops } = parse(text);
  const w = await World.open(open, world);
  const performance = new Performance(w, patience);
  const steps = [];
  for (const group of tasksOf(ops)) steps.push(...(await performance.steps(group)));
  w.close();
  return JSON.stringify(steps);
}

/** A program's text has the world and each operation on a line of its own: a name, and numbers by name. */
function parse(text) {
  const [world, ...ops] = text.trim().split("\n").map((line) => {
    const [name, ...values] = line.split(" ");
    return { name, args: Object.fromEntries(values.map((value) => value.split("=")).map(([key, n]) => [key, Number(n)])) };
  });
  return { world: world.args, ops };
}

/** Operations that open a frame, or take their time, are in a task by themselves. */
const alone = ["begin", "lose", "sleep"];

/** The operations of each task: an operation says how many follow together with it. */
function tasksOf(ops) {
  const tasks = [];
  let left = 0;
  for (const op of ops) {
    if (alone.includes(op.name)) left = 0;
    if (left-- > 0) tasks.at(-1).push(op);
    else tasks.push([op]);
    if (op.name === "together") left = op.args.count;
  }
  return tasks;
}

const allDone = 12000; // milliseconds of a sleep in which the GPU does all that it can
const longest = 20; // of any other, in fact

class Performance {
  #world;
  #patience;
  #count = 0;
  #running = [];

  constructor(world, patience) {
    this.#world = world;
    this.#patience = patience;
  }

  /** Performs operations in one task, and lets all that needs no GPU have its turn. */
  async steps(ops) {
    const calls = ops.map((op) => this.#begin(op));
    const steps = calls.slice(0, -1).map((call) => ({ Result: call.taken }));
    await this.#settle();
    const { name, args } = ops.at(-1);
    if (name === "lose") await this.#world.device.lost.then(() => this.#settle());
    if (name === "sleep") await this.#sleep(args.ms).then(() => this.#settle());
    const last = { Result: take(calls.at(-1)), Ended: [] };
    for (let more; more === undefined || more.length > 0; last.Ended.push(...more)) {
      last.Seen = this.#world.look();
      await this.#settle();
      more = this.#ended(); // which what others have made can end
    }
    return [...steps, last];
  }

  #begin({ name, args }) {
    const call = begin(() => operations[name](this.#world, args));
    call.number = this.#count++;
    if (take(call) === undefined) this.#running.push(call);
    return call;
  }

  /** Waits for a few tasks: whatever needs no more than them has happened then. */
  async #settle() {
    for (let i = 0; i < 2 * this.#patience; i++) await task();
  }

  async #sleep(ms) {
    if (ms < allDone) return sleep(Math.min(ms, longest));
    for (let i = 0; i < 2; i++) {
      await this.#quiet();
      this.#world.trim(); // which a longer sleep would do; what is freed may wake others
    }
  }

  /** Waits until nothing that goes on ends any more. */
  async #quiet() {
    const left = () => this.#running.filter((call) => call.result === undefined).length;
    let before;
    for (let same = 0; same < 4 && !(same > 0 && left() === 0); same = left() === before ? same + 1 : 0) {
      before = left();
      await this.#world.idle();
      await sleep(5 * this.#patience);
    }
  }

  /** What went on and has ended since. */
  #ended() {
    const ended = this.#running.filter((call) => call.result !== undefined && call.taken === undefined);
    this.#running = this.#running.filter((call) => call.result === undefined);
    return ended.map((call) => ({ Op: call.number, ...take(call) }));
  }
}

/** Begins an operation, which has a result once it has ended. */
function begin(operation) {
  const call = { result: undefined };
  const end = (value) => (call.result = resultOf(value));
  const fail = (error) => (call.result = { Code: error.code ?? String(error.stack) });
  try {
    const value = operation();
    if (value instanceof Promise) value.then(end, fail);
    else end(value);
  } catch (error) {
    fail(error);
  }
  return call;
}

function resultOf(value) {
  if (value === skipped) return { Skipped: true };
  if (typeof value === "function") return { keep: value };
  return value === undefined ? {} : { Data: value.toBase64() };
}

/**
 * The result of a call that has ended. What it made comes into the world now: in the order in which the model hears of
 * it.
 */
function take(call) {
  if (call.result !== undefined && call.taken === undefined) {
    const { keep, ...result } = call.result;
    keep?.();
    call.taken = result;
  }
  return call.taken;
}

function task() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
