// Hand-written JavaScript that reads as ours does: each read has a promise and a memory of its own, and all share a chunk
// and a map.
import { bind } from "../bind.js";
import { coldReads, reads } from "../hand/promises.js";

export const open = (device) => ({ device, ...bind(device, { reads, coldReads }) });
