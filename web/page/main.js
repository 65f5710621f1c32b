// The page. Its address takes
//   ?still    one picture at a fixed moment, for tests: data-ready on <html> says when
//   ?round=N  files larger than N bytes go through a GPU buffer of N bytes in rounds

import { open } from "../gpubuffers.js";
import { describe } from "./card.js";
import { Motion } from "./motion.js";
import { Notice } from "./notice.js";
import { maxFramesInFlight, Show } from "./show.js";
import { adviceFor, obstacle } from "./support.js";

const parameters = new URLSearchParams(location.search);
const still = parameters.has("still");
const roundBytes = Number(parameters.get("round")) || undefined;

const root = document.documentElement;
const notice = new Notice(document.getElementById("notice"));
const motion = new Motion(document.getElementById("motion"), still);

await begin();

async function begin() {
  notice.hide();
  delete root.dataset.ready;
  enter("opening", "Opening the device…");
  let gpu;
  try {
    gpu = await open({ maxFramesInFlight, onError: (error) => console.error(error) });
  } catch (error) {
    const reason = await obstacle();
    return refuse(reason ? adviceFor(reason) : { title: "The device could not be opened", text: describe(error) });
  }
  await run(gpu);
}

/** @param {import("../gpubuffers.js").GPUBufferSystem} gpu */
async function run(gpu) {
  globalThis.gpu = gpu; // for the reader's console
  enter("open", nameOf(gpu.device));
  const show = new Show({ gpu, motion, still, roundBytes });
  void gpu.lost.then((loss) => lose(loss, show));
  await show.start();
  root.dataset.ready = "";
}

function lose({ reason, message }, show) {
  enter("lost", "Device lost");
  show.destroy();
  notice.show({
    title: "The GPU device was lost",
    text: `What was in its buffers is gone; the page can open another one. The browser says: ${message || reason}`,
    button: { text: "Open it again", press: begin },
  });
}

function refuse(advice) {
  enter("missing", "No WebGPU device");
  notice.show({ ...advice, button: { text: "Try again", press: begin } });
  root.dataset.ready = "";
}

function enter(state, text) {
  const device = document.getElementById("device");
  root.dataset.device = device.dataset.state = state;
  device.textContent = text;
}

function nameOf({ adapterInfo }) {
  const { vendor, architecture, device, description } = adapterInfo ?? {};
  return description || [vendor, architecture, device].filter(Boolean).join(" ") || "WebGPU device";
}
