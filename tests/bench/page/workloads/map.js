// The round trip of mapAsync and unmap on an idle buffer of 256 bytes.
import { gather as gatherCases } from "../gather.js";

const trips = 100;

export const cells = () => [{ size: 256 }];

/** A path is { name, run(trips) }. */
export const gather = (competitors) =>
  gatherCases(competitors, "map", [], (_, path) => ({ operations: trips, run: () => path.run(trips) }));
