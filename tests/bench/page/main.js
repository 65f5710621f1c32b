// The benchmark page. The test that opened it takes the list of cells, then has them run one after the other:
//
//   bench.cells("quick")                        [{ workload, size }, ...]
//   bench.run(cell, { plan, competitor })       the cell, with the results of every case
//   bench.regrets("quick")                      how many random workloads there are
//   bench.regret(seed, number, "quick")         one of them: see regret.js
import { openCompetitors } from "./competitors.js";
import { requestDevice, describe } from "./device.js";
import { plans } from "./plans.js";
import { measureRegret } from "./regret.js";
import { race } from "./timing.js";
import { workloads } from "./workloads.js";

const { adapter, device } = await requestDevice();
const gpuErrors = [];
device.addEventListener("uncapturederror", ({ error }) => gpuErrors.push(error.message));

let opened; // Promise of the competitors, once somebody asked for them

function competitors(pattern) {
  const wanted = (name) => !pattern || new RegExp(pattern, "i").test(name);
  opened ??= openCompetitors(device, wanted).then(watchLoss);
  return opened;
}

let lost = false; // once a device is: the page has to be loaded anew

function watchLoss(all) {
  for (const competitor of all.present) competitor.device.lost.then(() => (lost = true));
  return all;
}

/** Measures one cell. A case that fails, or takes too long, is reported with its error and leaves the others alone. */
async function run(cell, { plan, competitor }) {
  const workload = workloads[cell.workload];
  const { present } = await competitors(competitor);
  const { cases, destroy } = await workload.gather(present, cell, plan);
  try {
    const raced = await race(cases, plans[plan]);
    return { ...cell, bytes: workload.bytes?.(cell) ?? 0, results: raced.map(result), gpuErrors: gpuErrors.splice(0), lost };
  } finally {
    await destroy();
  }
}

function result({ case: { competitor, path, explain }, samples, error }) {
  return { competitor, path, samples, error: error ?? "", explain: explain?.() ?? "" };
}

globalThis.bench = {
  run,
  regrets: (plan) => plans[plan].regret.count,
  regret: async (seed, number, plan) => ({ ...(await measureRegret(device, seed, number, plans[plan])), gpuErrors: gpuErrors.splice(0), lost }),
  cells: (plan) => Object.entries(workloads).flatMap(([workload, w]) => w.cells(plan).map((cell) => ({ workload, ...cell }))),
  // What this page runs on, and who takes part.
  async about({ competitor }) {
    const { present, absent } = await competitors(competitor);
    return { adapter: describe(adapter), competitors: present.map(({ name, version }) => ({ name, version })), absent };
  },
};
