// Who takes part. Each module has open(device), which gives
//
//   { version?, device, upload?, stream?, readback?, reads?, frames?, map?, lifetime? }
//
// The device is the given one, or the library's own where it takes none. What the functions give is said in
// workloads/. A module that cannot be loaded, as a library that is not bundled, is absent.

export const modules = {
  "hand-written": "./competitors/hand.js",
  "hand-written, a promise each": "./competitors/promises.js",
  "gpubuffers": "./competitors/ours.js",
  "gpubuffers, one path": "./competitors/fixed.js",
  "gpubuffers from Go": "./competitors/go-ours.js",
  "usual Go": "./competitors/go-usual.js",
  "three.js": "./dist/three.js",
  "TypeGPU": "./dist/typegpu.js",
  "luma.gl": "./dist/luma.js",
  "PlayCanvas": "./dist/playcanvas.js",
};

/** Opens those whose name is wanted. The hand-written paths always take part: they are the reference. */
export async function openCompetitors(device, wanted) {
  const present = [];
  const absent = [];
  for (const name of Object.keys(modules).filter((name) => name === "hand-written" || wanted(name))) {
    try {
      const { open } = await import(modules[name]);
      present.push({ version: "", ...(await open(device)), name });
    } catch (error) {
      const reason = String(error?.message ?? error);
      console.warn(`${name} is absent: ${reason}`);
      absent.push({ name, reason });
    }
  }
  return { present, absent };
}
