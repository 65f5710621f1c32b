// Runs the example that the document names, and shows its Go source.
//
// The document's element carries data-example, the module's name, and
// data-sources, its files. The module sets data-state. ?bare shows the canvas
// alone, for the list of examples.

const root = document.documentElement;
const { example, sources = "" } = root.dataset;
const query = new URLSearchParams(location.search);
root.toggleAttribute("data-bare", query.has("bare"));

// The module ends when the user leaves; a page that comes back out of the
// browser's cache starts anew.
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (!query.has("bare")) void showSource(sources.split(" "));
run().catch((error) => {
  document.getElementById("error").textContent = error.message;
  root.dataset.state = "failed";
});

async function run() {
  const response = await fetch(`${example}.wasm`);
  if (!response.ok || !globalThis.Go) {
    throw new Error(`${example}.wasm or wasm_exec.js is not there: run "make build" first.`);
  }
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
  await go.run(instance);
}

async function showSource(files) {
  const tabs = document.getElementById("files");
  const code = document.getElementById("code");
  const buttons = files.map((file) => {
    const button = document.createElement("button");
    button.type = "button";
    button.role = "tab";
    button.textContent = file;
    button.addEventListener("click", () => void select(button));
    return button;
  });
  tabs.replaceChildren(...buttons);
  await select(buttons[0]);

  async function select(button) {
    for (const b of buttons) b.ariaSelected = String(b === button);
    const response = await fetch(`${example}/${button.textContent}.txt`);
    if (response.ok) {
      code.replaceChildren(...linesOf(await response.text()));
    } else {
      const missing = document.createElement("span");
      missing.className = "missing";
      missing.textContent = `The source is not there: run "make build" first.`;
      code.replaceChildren(missing);
    }
  }
}

const token = new RegExp([
  /(?<comment>\/\/[^\n]*)/,
  /(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)/,
  /(?<keyword>\b(?:break|case|chan|const|continue|default|defer|else|for|func|go|goto|if|import|interface|map|package|range|return|select|struct|switch|type|var|nil|true|false)\b)/,
  /(?<number>\b\d[\d_]*(?:\.\d+)?\b)/,
  /[A-Za-z_]\w*/,
].map((r) => r.source).join("|"), "g");

/** Colours Go source: one element a line, so that lines can be numbered. */
function linesOf(source) {
  const lines = [newLine()];
  const add = (text, kind) => {
    text.split("\n").forEach((part, i) => {
      if (i > 0) lines.push(newLine());
      if (part === "") return;
      const piece = kind ? Object.assign(document.createElement("span"), { className: kind }) : document.createTextNode("");
      piece.textContent = part;
      lines.at(-1).append(piece);
    });
  };
  let end = 0;
  for (const match of source.matchAll(token)) {
    add(source.slice(end, match.index));
    add(match[0], Object.keys(match.groups).find((kind) => match.groups[kind] !== undefined));
    end = match.index + match[0].length;
  }
  add(source.slice(end).trimEnd());
  return lines;
}

function newLine() {
  return Object.assign(document.createElement("span"), { className: "line" });
}
