import wasm from "gpubuffers/gpubuffers.wasm";
import { first } from "./first.js";
import { show } from "./show.js";

show(first(document.querySelector("canvas"), { wasm: new URL(wasm, import.meta.url) }));
