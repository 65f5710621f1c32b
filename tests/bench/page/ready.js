// Makes one competitor ready to use, and keeps the time from navigation on in globalThis.ready (milliseconds).
import { modules } from "./competitors.js";

const given = async () => {
  const adapter = await navigator.gpu.requestAdapter();
  return adapter.requestDevice();
};
const library = (name, device = () => {}) => async () => {
  const [{ open }, own] = await Promise.all([import(modules[name]), device()]);
  return open(own);
};
const go = (method) => async () => {
  const { goBench } = await import("./competitors/gobench.js");
  const [program, device] = await Promise.all([goBench(), given()]);
  return program[method](device, false);
};

// Each as a page would: with what loads, loading while the device is asked for. The hand-written page loads nothing.
const starts = {
  "hand-written": given,
  "gpubuffers": async () => {
    const device = given();
    const { open } = await import("/gpubuffers.js");
    return open({ device });
  },
  "gpubuffers from Go": go("openOurs"),
  "usual Go": go("openUsual"),
  "three.js": library("three.js", given),
  "TypeGPU": library("TypeGPU", given),
  "luma.gl": library("luma.gl"),
  "PlayCanvas": library("PlayCanvas"),
};

await starts[new URLSearchParams(location.search).get("competitor")]();
globalThis.ready = performance.now();
