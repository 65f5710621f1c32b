// Hand-written JavaScript: every path that a program could take by itself. The best of them, on the adapter
// and for the size, is what the others are measured against.
import { bind } from "../bind.js";
import { bursts } from "../hand/bursts.js";
import { frames } from "../hand/frames.js";
import { lifetime } from "../hand/lifetime.js";
import { map } from "../hand/map.js";
import { readback } from "../hand/readback.js";
import { coldReads, reads } from "../hand/reads.js";
import { readable, stream } from "../hand/stream.js";
import { scenes } from "../hand/scenes.js";
import { sparse } from "../hand/sparse.js";
import { upload } from "../hand/upload.js";

export function open(device) {
  return { device, ...bind(device, { upload, bursts, scenes, sparse, stream, readable, readback, reads, coldReads, frames, map, lifetime }) };
}
