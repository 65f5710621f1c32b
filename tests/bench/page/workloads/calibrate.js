// From a device to the choice of all paths: a new system, and its calibration.
import { gather as gatherCases } from "../gather.js";

export const cells = () => [{}];

/** A path is { name, run(), drop() }, where run() makes a system that drop() destroys. */
export const gather = (competitors) => gatherCases(competitors, "calibrate", [], (_, path) => ({ run: path.run, verify: path.drop }));
