import { first } from "./first.js";

onmessage = ({ data: { canvas, wasm } }) => {
  first(canvas, { wasm }).then((result) => postMessage({ result }), (error) => postMessage({ error }));
};
