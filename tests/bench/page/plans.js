// How long a cell is measured. Rounds go on until the budget (milliseconds) is used up; a case that is slow
// takes part in at least `least` of them. `patience` is for one run of one case, and for what goes
// before and after it.
export const plans = {
  smoke: { warmups: 0, least: 1, most: 1, budget: 0, patience: 60_000 },
  quick: { warmups: 1, least: 2, most: 3, budget: 1_000, patience: 15_000 },
  full: { warmups: 3, least: 5, most: 40, budget: 6_000, patience: 30_000 },
};
