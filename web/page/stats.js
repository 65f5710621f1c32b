import { bytes, count, milliseconds } from "./format.js";

/** The table of what the system counts. */
export class StatsTable {
  #card;
  #rows = new Map(); // by kind

  constructor(card) {
    this.#card = card;
  }

  show(stats) {
    for (const [kind, figures] of Object.entries(stats.kinds)) this.#showKind(kind, figures);
    this.#card.show({
      mappable: `${bytes(stats.mappable)} of ${bytes(stats.budget)}`,
      bytesUp: bytes(stats.bytesUp),
      bytesDown: bytes(stats.bytesDown),
      uploads: pool(stats.uploads),
      reads: pool(stats.reads),
      latency: latency(stats.mapLatency),
      pending: count(stats.mapsPending),
      frames: count(stats.framesInFlight),
      submits: count(stats.submits),
    });
    this.#card.find("meter").value = stats.budget > 0 ? stats.mappable / stats.budget : 0;
    this.#card.note({ bytesUp: stats.bytesUp, bytesDown: stats.bytesDown, leaks: stats.leaks });
  }

  #showKind(kind, { count: now, bytes: size, created }) {
    const texts = [count(now), bytes(size), count(created)];
    texts.forEach((text, i) => {
      const cell = this.#cells(kind)[i];
      if (cell.textContent !== text) cell.textContent = text;
    });
  }

  #cells(kind) {
    if (!this.#rows.has(kind)) {
      const row = this.#card.find("tbody").insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = kind.replace("Buffer", "");
      head.title = kind;
      row.append(head);
      this.#rows.set(kind, [row.insertCell(), row.insertCell(), row.insertCell()]);
    }
    return this.#rows.get(kind);
  }

  destroy() {
    this.#card.find("tbody").replaceChildren();
  }
}

const pool = ({ hits, misses, bytes: size }) => `${count(hits)} hits, ${count(misses)} misses, ${bytes(size)}`;

const latency = ({ count: maps, mean, max }) =>
  maps === 0 ? "–" : `${milliseconds(mean)} mean, ${milliseconds(max)} most`;
