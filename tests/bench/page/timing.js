// The timing core. A case is
//
//   { competitor, path, operations, prepare(seed), run(), verify(expected), destroy() }
//
// run() is timed, to the moment when the GPU is done, and makes `operations` transfers. prepare() and
// verify() are not timed: prepare makes the data new and returns what verify shall find.

let seed = 0;

/** Runs every case once a round, in another order each round. Returns { case, samples, error } of each, the samples in milliseconds an operation. */
export async function race(cases, plan) {
  const entries = cases.map((c) => ({ case: c, samples: [], spent: 0, error: null })); // spent: with what is not timed
  await warmUp(entries, plan);
  for (const e of entries) e.spent = 0;
  const share = (2 * plan.budget) / Math.max(1, entries.length);
  const start = performance.now();
  for (let i = 0; i < plan.most; i++) {
    const over = performance.now() - start > plan.budget;
    const due = entries.filter((e) => e.samples.length < leastOf(e, plan) || (!over && e.spent < share));
    if (!due.some((e) => !e.error)) break;
    await round(shuffled(due, i), plan, true);
  }
  return entries;
}

// Goes on until each case was run `warmups` times and for `warmFor` milliseconds: V8 compiles what is called often.
async function warmUp(entries, plan) {
  for (let i = 0; i < 100; i++) {
    const cold = entries.filter((e) => !e.error && e.spent < 500 && (i < plan.warmups || e.spent < plan.warmFor));
    if (cold.length === 0) return;
    await round(cold, plan, false);
  }
}

// Of a case that takes a second three rounds tell enough.
const leastOf = (e, plan) => (e.samples.length && e.spent / e.samples.length > 1_000 ? Math.min(3, plan.least) : plan.least);

async function round(entries, plan, keep) {
  for (const e of entries) {
    if (!e.error) await attempt(e, plan, keep);
  }
}

async function attempt(entry, plan, keep) {
  const c = entry.case;
  const begun = performance.now();
  try {
    const expected = await within(plan.patience, () => c.prepare?.(++seed));
    await pause(0); // what prepare left to be done is not to be within the clock
    const ms = await within(plan.patience, async () => {
      const start = performance.now();
      await c.run();
      return performance.now() - start;
    });
    await within(plan.patience, () => c.verify?.(expected));
    if (keep) entry.samples.push(ms / (c.operations ?? 1));
  } catch (error) {
    entry.error = String(error?.message ?? error);
    console.warn(`${c.competitor}, ${c.path}: ${entry.error}`);
  }
  entry.spent += performance.now() - begun;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What work resolves with, unless that takes longer than ms. */
export async function within(ms, work) {
  const limit = deadline(ms);
  try {
    return await Promise.race([work(), limit.passed]);
  } finally {
    limit.clear();
  }
}

function deadline(ms) {
  let timer;
  const passed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms / 1000} s`)), ms);
  });
  passed.catch(() => {});
  return { passed, clear: () => clearTimeout(timer) };
}

/** The same order each time for the same round (a linear congruential generator). */
export function shuffled(list, number) {
  const order = [...list];
  let state = number + 1;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
