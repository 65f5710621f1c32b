// What malformed calls are made in, and what must hold after each.
import { badValues, forged } from "./bad.js";
import { classes, end, nativeBuffer, nativeTexture, objects, quiet, World } from "./calls.js";
import { STORAGE, api, contents, pattern, randomFrom, same, sameBytes, typed } from "./check.js";

/** Where more is taken than the types say, or refused otherwise than elsewhere, and why. */
const lenient = [
  [/^DeviceBuffer\.grow: .*: threw \w+Error: gpubuffers: grow\b/, "misuse of it throws"],
  [/,rates?,.*: it was taken/, "rates of what there is not are passed over, since they may be from anywhere"],
  [/ for .*(calibration|version): code unsupported/, "what is of another version, or of none, is of no known form"],
  [/writeRanges: a list that grows .*: code alignment/, "it is a list of numbers"],
  [/: code range: .* more than 65536 elements/, "so much is refused before it is looked at"],
  [/^open: .*wasm.* (could not be loaded|answers \d)/s, "what is loaded says itself why it cannot be"],
  [/^Struct\.encode: .*"It\.it": it is missing/, "of a value that lacks a member the label is its path"],
  [/^struct: .*: (code layout|the error names none of)/, "any object may be members, and what WGSL does not take of them is a layout"],
  [/^open: .*device.* code unsupported/, "a promise of a device that fails says itself why"],
];

const patience = 20_000; // milliseconds after which a promise is taken for one that never settles
export const samples = 12; // of the objects of classes, at a place for something else

/** Bad values by name that are as good as others at some places. */
const goodFor = { wasm: /string|character/ }; // addresses: the browser logs what it does not find

const isPrimitive = (type) => typeof type === "string" && type === type.toLowerCase();

/** Of objects: those of other systems and devices, those that have ended, and forged ones. As values they are boxed, since some have to be waited for. */
function badObjects(trial) {
  const { neighbour, stranger } = trial;
  const nameless = classes.filter((name) => name !== "Frame"); // of which one is open at a time
  const natives = ["GPUBuffer", "GPUTexture", "GPUCommandEncoder", "GPUCommandBuffer"];
  const fresh = { GPUBuffer: nativeBuffer, GPUTexture: nativeTexture, GPUBufferSystem: objects["GPUBufferSystem.destroy"] };
  return [
    ...nameless.map((name) => [`a ${name}`, () => objects[name](trial.world)]),
    ...classes.map((name) => [`a ${name} of another system`, () => objects[name](neighbour)]),
    ...[...classes, ...natives].map((name) => [`a ${name} of another device`, () => objects[name](stranger)]),
    ...[...classes, "GPUBuffer", "GPUTexture"].map((name) => [`a ${name} that has ended`, async () => ended(await (fresh[name] ?? objects[name])(neighbour))]),
    ...classes.map((name) => [`a forged ${name}`, () => forged(Object.create(api[name].prototype))]),
    ...classes.map((name) => [`a Proxy of a ${name}`, async () => forged(new Proxy(await objects[name](neighbour), {}))]),
    ["a finished GPUCommandEncoder", () => finished(objects.GPUCommandEncoder(trial.world))],
    ["a clone of options", () => structuredClone({ size: 16, usage: STORAGE })],
  ].map(([what, make]) => [what, async () => [await make()]]);
}

function ended(object) {
  end(object);
  return object;
}

function finished(encoder) {
  encoder.finish();
  return encoder;
}

/** A system that is called, one beside it on the same device, one on another, and what was wrong with the calls. */
export class Trial {
  calls = {}; // counted by kind
  faults = [];
  #scopes = []; // promises

  static async start(seed) {
    const trial = new Trial();
    const { device } = (trial.home = await api.open(quiet));
    trial.random = randomFrom(seed);
    await trial.renew();
    trial.neighbour = new World(await api.open({ device, ...quiet }), trial.random);
    trial.stranger = new World(await api.open(quiet), trial.random);
    trial.values = badValues.map(([what, make]) => [what, () => [make()]]);
    trial.objects = badObjects(trial);
    trial.witness = trial.home.createDeviceBuffer({ label: "witness", size: 64, usage: STORAGE });
    trial.witness.write(0, pattern(64, 3));
    return trial;
  }

  /** Goes on with another system. */
  async renew(options) {
    this.world?.gpu.destroy();
    this.world = new World(await api.open({ device: this.home.device, ...quiet, ...options }), this.random);
  }

  /** The bad values for a place: all of its own kind, and some of the others. */
  valuesFor({ name, field }) {
    const others = field.type.some(isPrimitive) ? this.some(this.objects, samples) : this.objects;
    return [...this.values.filter(([what]) => !goodFor[name]?.test(what)), ...others];
  }

  count(kind) {
    this.calls[kind] = (this.calls[kind] ?? 0) + 1;
  }

  some(list, n) {
    return Array.from({ length: n }, () => this.world.pick(list));
  }

  /** Makes a call, and notes what is wrong with how it ends, or with what it leaves behind. */
  async call(kind, what, member, build, judge = () => "") {
    this.count(kind);
    const before = this.#state();
    const note = (fault) => this.note(member, what, fault);
    try {
      const call = await build();
      this.world.device.pushErrorScope("validation");
      const outcome = await outcomeOf(member, () => member.call(call.receiver, call.values));
      end(outcome.result);
      await call.inner;
      this.#scopes.push(this.world.device.popErrorScope().then((refused) => note(faultOf(member, outcome) || judge(outcome, refused, call.bad))));
    } catch (error) {
      note(String(error?.stack ?? error));
    }
    this.release();
    await this.#mapped();
    const after = this.#state();
    if (after !== before && !this.world.isEnded) note(`there is ${after}, and there was ${before}`);
  }

  release() {
    for (const world of [this.world, this.neighbour, this.stranger]) world.release();
  }

  /** Waits for the memory that a call has given back, which is mapped anew. */
  async #mapped() {
    const { gpu } = this.world;
    while (!this.world.isEnded && gpu.stats().mapsPending > 0) await gpu.device.queue.onSubmittedWorkDone();
  }

  #state() {
    if (this.world.isEnded) return "no system";
    const { kinds, held, mapsPending } = this.world.gpu.stats();
    return JSON.stringify([Object.values(kinds).map(({ count, bytes }) => [count, bytes]), held, mapsPending]);
  }

  /** Notes what is wrong with a call that is one of many at a time. */
  async judged(kind, member, ending) {
    this.count(kind);
    const outcome = await ending;
    this.note(member, kind, faultOf(member, outcome));
    end(outcome.result);
  }

  note(member, what, fault) {
    const text = `${member.path}: ${what}: ${fault}`;
    if (fault && !lenient.some(([known]) => known.test(text))) this.faults.push(text);
  }

  async good(member) {
    return { receiver: await member.receiver(this.world), values: member.goodArguments(this.world) };
  }

  /** Ends everything: no memory is left, and another system of the device has what it had. */
  async finish() {
    await Promise.all(this.#scopes);
    sameBytes(await contents(this.home, this.witness), pattern(64, 3), "the witness");
    const { gpu } = this.world;
    gpu.submit();
    while (gpu.stats().mapsPending > 0) await gpu.device.queue.onSubmittedWorkDone();
    gpu.trim();
    const { mappable, held, leaks } = gpu.stats();
    same([mappable, held, leaks], [0, 0, 0], "mappable memory, held bytes, and leaks");
    for (const system of [gpu, this.neighbour.gpu, this.stranger.gpu, this.home]) system.destroy();
    return { calls: this.calls, faults: this.faults };
  }
}

/** How a call ends: { result }, whether it was a promise's, or { error }, or that it hangs. */
export async function outcomeOf(member, call) {
  let result;
  try {
    result = call();
  } catch (error) {
    return { error, threw: true };
  }
  if (member.get) return {}; // what it gave is not the caller's to end
  if (!(result instanceof Promise)) return { result };
  let timer;
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, patience, { hangs: true })));
  const outcome = await Promise.race([timeout, result.then((value) => ({ result: value, promised: true }), (error) => ({ error }))]);
  clearTimeout(timer);
  return outcome;
}

/** What is wrong with how a call ended, whatever was given to it. */
function faultOf(member, { error, threw, promised, hangs }) {
  if (hangs) return "the promise does not settle";
  if (threw && member.promises) return `threw ${error} instead of rejecting`;
  if (promised && !member.promises) return "gave a promise";
  if (!(error instanceof api.GPUBufferError)) return "";
  try {
    typed(error, undefined, "its error");
  } catch (fault) {
    return fault.message;
  }
  if (error.code === "internal") return `${error} ${error.stack} ${error.cause}`;
  return error.operation === member.operation ? "" : `the error is of ${error.operation}: ${error.message}`;
}
