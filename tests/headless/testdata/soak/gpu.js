// The browser's GPU process, which the test lets the page stop, continue and kill.
import { ok } from "/module/check.js";

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const toGPU = (what) => fetch(`/gpu?${what}`).then((response) => ok(response.ok, `${what} the GPU process`));
