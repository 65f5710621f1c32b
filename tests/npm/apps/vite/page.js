// The page compiles the module, and a worker opens it.
import wasm from "gpubuffers/gpubuffers.wasm?url";
import { show } from "./show.js";

async function firstInWorker() {
  const canvas = document.querySelector("canvas").transferControlToOffscreen();
  const module = await WebAssembly.compileStreaming(fetch(wasm));
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.postMessage({ canvas, wasm: module }, [canvas]);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ("result" in data ? resolve(data.result) : reject(data.error));
    worker.onerror = reject;
  });
}

show(firstInWorker());
