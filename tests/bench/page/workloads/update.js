/** One object's data for one frame: 64 floats, each written. */
export const update = {
  size: 256, // bytes
  fill(floats, at, i, frame) {
    for (let k = 0; k < 64; k++) floats[at + k] = i + k + frame;
  },
};

/** The updates of a whole frame, one after the other. */
export function fillArena(floats, count, frame) {
  for (let i = 0; i < count; i++) update.fill(floats, (i * update.size) / 4, i, frame);
}
