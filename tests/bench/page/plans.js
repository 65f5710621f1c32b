// How long a cell is measured. It is warmed up first: see timing.js. Rounds go on until the budget (milliseconds) is used up; a case that is slow
// takes part in at least `least` of them. `patience` is for one run of one case, and for what goes
// before and after it.
// Of the random workloads (regret.js): how many there are, for how long the engine is warmed up, and their budget.
export const plans = {
  smoke: { warmups: 0, warmFor: 0, least: 1, most: 1, budget: 0, patience: 60_000, regret: { count: 6, warmFor: 20, least: 1, budget: 0 } },
  quick: { warmups: 1, warmFor: 80, least: 3, most: 5, budget: 1_000, patience: 15_000, regret: { count: 20, warmFor: 1_000, least: 5, budget: 1_500 } },
  full: { warmups: 3, warmFor: 200, least: 25, most: 40, budget: 6_000, patience: 30_000, regret: { count: 200, warmFor: 1_000, least: 7, budget: 2_000 } },
};
