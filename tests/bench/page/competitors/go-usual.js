// A Go program that drives WebGPU through syscall/js, the way it is usually done.
import { bind } from "../bind.js";
import { goBench, promising } from "./gobench.js";

export async function open(device) {
  const go = promising(await (await goBench()).openUsual(device));
  return { device, ...bind(go, { upload, bursts, readback, frames, map, lifetime }) };
}

const onePath = (name, part) => ({ paths: [{ name, ...part }], destroy: part.destroy });

const upload = async (go, { bytes }) => onePath("new Uint8Array, Call", promising(await go.upload(bytes.length)));

function bursts(go, { bytes }, size) {
  const fresh = async () => {
    const { stamp, target, destroy, write } = promising(await go.bursts(bytes.length, size));
    return { stamp, run: write, waits: true, target, destroy };
  };
  return { paths: [{ name: "new Uint8Array, Call, each", open: fresh }], destroy() {} };
}

const readback = async (go, { bytes }) => onePath("new buffer, new Uint8Array, Call", promising(await go.readback(bytes.length)));
const frames = async (go, count) => onePath("an arena, new Uint8Array, one Call", promising(await go.frames(count)));
const map = async (go) => onePath("Call, two js.Funcs", promising(await go.map()));
const lifetime = async (go, bound) => onePath("Call", promising(await go.lifetime(bound)));
