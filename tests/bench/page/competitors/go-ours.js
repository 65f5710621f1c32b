// A Go program on this project's packages.
import { bind } from "../bind.js";
import { read } from "../workloads/reads.js";
import { goBench, promising } from "./gobench.js";

export async function open(device) {
  const go = promising(await (await goBench()).openOurs(device, true));
  return { device, ...bind(go, { upload, bursts, scenes, stream, readback, reads, coldReads, frames, map, lifetime }) };
}

async function upload(go, { bytes }) {
  const { stamp, write, writeTarget, upload: ofMemory, uploadTarget, destroy } = promising(await go.upload(bytes.length));
  const paths = [
    { name: "Write", stamp, run: write, target: writeTarget },
    { name: "UploadMemory", stamp, run: ofMemory, target: uploadTarget },
  ];
  return { paths, destroy };
}

function bursts(go, { bytes }, size, cold) {
  const path = (name, method) => ({
    name,
    async open() {
      const { stamp, target, destroy, [method]: run } = promising(await go.bursts(bytes.length, size, cold));
      return { stamp, run, waits: true, target, destroy };
    },
  });
  const paths = [path("Write", "write"), path("UploadMemory, all at once", "uploadAll"), path("UploadMemory, one by one", "uploadEach")];
  return { paths, destroy() {} };
}

/** Cold, each load is the first of a new system. */
async function scenes(go, cold, parts) {
  const { stamp, renew, write, upload: ofMemory, target, drop, destroy } = promising(await go.scenes(parts.map(({ length }) => length), cold));
  const path = (name, send) => ({
    name,
    stamp,
    ready: renew,
    async load() {
      await send();
      return [...parts.keys()];
    },
    bufferOf: target,
    drop,
  });
  return { paths: [path("Write", write), path("UploadMemory, all at once", ofMemory)], destroy };
}

async function stream(go, { bytes }, rounds) {
  const { stamp, read: ofReader, readTarget, upload: ofMemory, uploadTarget, destroy } = promising(await go.stream(bytes.length, rounds));
  const paths = [
    { name: "Upload of an io.Reader", stamp, run: ofReader, target: readTarget },
    { name: "UploadMemory", stamp, run: ofMemory, target: uploadTarget },
  ];
  return { paths, destroy };
}

const onePath = (name, part) => ({ paths: [{ name, ...part }], destroy: part.destroy });

const readback = async (go, { bytes }) => onePath("Read", promising(await go.readback(bytes.length)));
const reads = async (go, { bytes }, offsets) => onePath("Start, Flush, Wait", promising(await go.reads(bytes.length, read.size, offsets, false)));

function coldReads(go, { bytes }, offsets, size) {
  const fresh = async () => promising(await go.reads(bytes.length, size, offsets, true));
  return { paths: [{ name: "Start, Flush, Wait", open: fresh }], destroy() {} };
}

const map = async (go) => onePath("MapAsync, Unmap", promising(await go.map()));
const lifetime = async (go, bound) => onePath("NewDeviceBuffer, Destroy", promising(await go.lifetime(bound)));

async function frames(go, count) {
  const { target, offset, destroy, many, one, write, writeTarget } = promising(await go.frames(count));
  const paths = [
    { name: "DynamicBuffer", run: many, target, offset },
    { name: "DynamicBuffer, one update", run: one, target, offset },
    { name: "DeviceBuffer, one Write", run: write, target: writeTarget },
  ];
  return { paths, destroy };
}
