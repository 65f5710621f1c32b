// Malformed calls of everything that gpubuffers.d.ts declares: every bad value at every place of the arguments, several
// at once, and as what a method is called on; from within callbacks; and many in one task.
import { Hostile } from "./bad.js";
import { accepts, classes, end, members, objects, put } from "./calls.js";
import { api, pattern, throws, typed } from "./check.js";
import { outcomeOf, samples, Trial } from "./trial.js";

/** Types whose values have errors of their own, which a method hands on as they are. */
const ownErrors = ["function", "AbortSignal", "Response", "PromiseLike"];
const hasErrors = ({ type }) => type.some((alternative) => alternative.pieces || ownErrors.includes(alternative));

/** What is wrong with how a call with a bad value at a place ended. */
function faultAt({ field, names }, { error }, refused, value) {
  const isTaken = accepts(field, value);
  if (error === undefined) return isTaken ? "" : "it was taken";
  if (!(error instanceof api.GPUBufferError)) return isTaken && hasErrors(field) ? "" : `got ${error?.stack ?? error}`;
  if (!isTaken && refused) return `the browser saw it: ${refused.message}`;
  if (!isTaken && !["type", "destroyed", "wrong-device"].includes(error.code)) return `code ${error.code}: ${error.message}`;
  if (error.code === "type" && !names.some((name) => error.message.includes(name.replace(/s$/, "")))) return `the error names none of ${names}: ${error.message}`;
  return "";
}

/** A call with a bad value at each of some places. */
async function withBad(trial, member, chosen) {
  const call = await trial.good(member);
  for (const [place, make] of chosen) {
    [call.bad] = await make();
    put(call.values, place, call.bad);
  }
  return call;
}

async function badArguments(trial) {
  for (const member of members) {
    await trial.call("good arguments", "good arguments", member, () => trial.good(member), ({ error }) => String(error?.stack ?? ""));
    for (const place of member.places()) {
      for (const [what, make] of trial.valuesFor(place)) {
        const where = `${what} for ${[...place.path, place.name]}`;
        await trial.call("a bad argument", where, member, () => withBad(trial, member, [[place, make]]), (...ended) => faultAt(place, ...ended));
      }
      trial.world.gpu.submit(); // ends what lies in encoders that nobody submits
    }
  }
}

async function severalBadArguments(trial, n) {
  const takers = members.filter((member) => member.places().length > 1);
  for (let i = 0; i < n; i++) {
    const member = trial.world.pick(takers);
    const chosen = someBad(trial, member);
    const what = chosen.map(([place, , what]) => `${what} for ${place.name}`).join(", ");
    await trial.call("several bad arguments", what, member, () => withBad(trial, member, chosen));
  }
}

/** Bad values for some of the parameters. */
function someBad(trial, member) {
  const chosen = member.places().filter(({ path }) => path.length === 1 && trial.random() < 0.5);
  return chosen.map((place) => {
    const [what, make] = trial.world.pick(trial.valuesFor(place));
    return [place, make, what];
  });
}

/** What is none of a class's objects is refused; what has ended says so, or has nothing to say. */
async function badReceivers(trial) {
  for (const member of members.filter(({ type }) => type !== "")) {
    const good = member.types.flatMap((type) => [`a ${type}`, `a ${type} of another system`, `a ${type} of another device`]);
    for (const [what, make] of trial.some([...trial.values, ...trial.objects].filter(([what]) => !good.includes(what)), 3 * samples)) {
      const build = async () => {
        const [bad] = await make();
        return { receiver: bad, values: member.goodArguments(trial.world), bad };
      };
      const judge = ({ error }, refused, bad) => (error?.code === "type" || accepts({ type: member.types }, bad) ? "" : `ended with ${error}`);
      await trial.call("a bad receiver", `called on ${what}`, member, build, judge);
    }
  }
}

/** No class of the module's is for others to construct. */
function badConstructions(trial) {
  for (const type of classes) {
    for (const [what, make] of trial.values) {
      trial.count("a construction");
      throws("type", () => new api[type](make()[0], make()[0]), `new ${type} of ${what}`);
    }
  }
}

/** What a callback does in the middle of a call. */
const acts = {
  "ends it": (w, { receiver }) => end(receiver),
  "ends the system": (w) => w.gpu.destroy(),
  "calls it again": (w, { member, receiver, values }) => outcomeOf(member, () => member.call(receiver, values)).then(({ result }) => end(result)),
  submits: (w) => w.gpu.submit(),
  "opens a frame": (w) => w.gpu.frame().discard(),
  trims: (w) => w.gpu.trim(),
  reads: (w) => outcomeOf({}, () => objects.ReadbackBuffer(w).read(objects.DeviceBuffer(w))),
  throws: () => {
    throw new Hostile("hostile");
  },
};

/** How a value of a type can call f when it is used; value is a good one, if it takes one to make it. */
function callerOf(type) {
  if (type === "function") return (value, f) => f;
  if (type === "PromiseLike") return (value, f) => ({ then: (resolve) => (f(), resolve(value)) });
  if (type.options) return withGetters;
  if (type.elements) return (value, f) => ({ *[Symbol.iterator]() { f(); yield* value; } });
  if (type.pieces) return (value, f) => new ReadableStream({ pull: (c) => (f(), c.enqueue(pattern(8)), c.close()), cancel: f }, { highWaterMark: 0 });
}

function withGetters(value, f) {
  const getters = Object.keys(value).map((name) => [name, { enumerable: true, get: () => (f(), value[name]) }]);
  return Object.defineProperties({}, Object.fromEntries(getters));
}

async function callsWithinCalls(trial) {
  const places = members.flatMap((member) => member.places().map((place) => [member, place]));
  for (const [member, place] of places) {
    for (const caller of place.field.type.map(callerOf).filter(Boolean)) {
      for (const [what, act] of Object.entries(acts)) {
        await trial.call("a call within a call", `${place.name} ${what}`, member, () => calling(trial, member, place, caller, act));
        if (trial.world.isEnded) await trial.renew();
      }
    }
  }
}

/** A call with a value at a place that acts, once, when it is used. */
async function calling(trial, member, place, caller, act) {
  const { world } = trial;
  const call = { ...(await trial.good(member)), member };
  let acted = false;
  const f = () => acted || ((acted = true), (call.inner = act(world, call)));
  put(call.values, place, caller(put(call.values, place, undefined), f));
  return call;
}

/** Everything is called, and whatever a system tells its listeners has them call more, until it ends and beyond. */
async function callsOfListeners(trial, n) {
  const calls = [];
  const listener = () => void (n-- > 0 && calls.push(attempt(trial, "a call of a listener", trial.world.pick(members))));
  await trial.renew({ logLevel: "debug", onLog: listener, onError: listener });
  const { gpu, device } = trial.world;
  gpu.lost.then(listener);
  device.createBuffer({ size: 4, usage: 0 }); // an error that no call has
  for (const member of members) await attempt(trial, "a call that is listened to", member);
  await device.queue.onSubmittedWorkDone();
  gpu.destroy();
  await gpu.lost;
  for (let last; last !== calls.length; ) await Promise.all(calls.slice(0, (last = calls.length)));
  await trial.renew();
}

/** Makes a good call, unless there is nothing any more to make it of. */
async function attempt(trial, kind, member) {
  const { receiver, values } = await trial.good(member).catch((error) => ({ receiver: typed(error, undefined, kind), values: [] }));
  await trial.judged(kind, member, outcomeOf(member, () => member.call(receiver, values)));
}

/** Good calls and bad ones of all members of a class, in one task. */
async function callsInOneTask(trial, n) {
  for (const type of ["", ...classes]) {
    const calls = [];
    for (const member of members.filter((member) => member.type === type)) {
      for (let i = 0; i < 4; i++) calls.push({ member, ...(await withBad(trial, member, someBad(trial, member))) });
    }
    trial.world.device.pushErrorScope("validation"); // for commands that are submitted again
    const outcomes = Array.from({ length: n }, () => trial.world.pick(calls)).map(({ member, receiver, values }) =>
      trial.judged("a call of many in one task", member, outcomeOf(member, () => member.call(receiver, values))),
    );
    trial.world.device.popErrorScope();
    await Promise.all(outcomes);
    trial.release();
  }
}

const kinds = [badArguments, severalBadArguments, badReceivers, badConstructions, callsWithinCalls, callsOfListeners, callsInOneTask];

/** Makes calls of each kind, n of those that could go on for ever, and gives their numbers and what was wrong with them. */
export async function run(seed, n) {
  const trial = await Trial.start(seed);
  for (const make of kinds) await make(trial, n);
  return trial.finish();
}
