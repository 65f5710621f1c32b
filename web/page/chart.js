const levels = 256;
const margin = { left: 16, right: 16, top: 18, bottom: 26 };
const areas = ["#f2695c", "#3fb979", "#5a86f0"];
const ink = "#1b2130";

/** Draws the counts of 256 levels of red, green, blue and luminance. */
export class Chart {
  #canvas;
  #counts;
  #observer;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#observer = new ResizeObserver(() => this.#draw());
    this.#observer.observe(canvas);
  }

  /** counts holds the levels of the four channels, one after another. */
  show(counts) {
    this.#counts = counts;
    this.#draw();
  }

  destroy() {
    this.#observer.disconnect();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = width * devicePixelRatio;
    this.#canvas.height = height * devicePixelRatio;
    const context = this.#canvas.getContext("2d");
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillStyle = "#fbfbf9";
    context.fillRect(0, 0, width, height);
    if (this.#counts) drawChannels(context, this.#counts, width, height);
  }
}

function drawChannels(context, counts, width, height) {
  const plot = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  context.translate(margin.left, margin.top);
  drawGrid(context, plot);
  const highest = ceiling(counts);
  const curves = [0, 1, 2, 3].map((channel) => curve(counts, channel, highest, plot));

  context.globalCompositeOperation = "multiply";
  areas.forEach((colour, channel) => {
    context.fillStyle = colour;
    context.globalAlpha = 0.72;
    context.fill(curves[channel].area);
  });
  context.globalCompositeOperation = "source-over";
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.stroke(curves[3].line);
}

function drawGrid(context, { width, height }) {
  context.strokeStyle = "#e6e7e3";
  context.fillStyle = "#545d6c";
  context.font = "11.5px system-ui, sans-serif";
  context.textBaseline = "top";
  context.beginPath();
  for (const level of [0, 64, 128, 192, 255]) {
    const x = Math.round((level / (levels - 1)) * width) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.textAlign = level === 0 ? "left" : level === 255 ? "right" : "center";
    context.fillText(String(level), x, height + 7);
  }
  context.stroke();
}

/** The count at the top of the chart: one level in a hundred may stand above it. */
function ceiling(counts) {
  const sorted = Array.from(counts).sort((a, b) => a - b);
  return 1.08 * sorted[Math.floor(sorted.length * 0.99)] || 1;
}

function curve(counts, channel, highest, { width, height }) {
  const line = new Path2D();
  for (let level = 0; level < levels; level++) {
    const share = Math.min(1, counts[channel * levels + level] / highest);
    line.lineTo((level / (levels - 1)) * width, height * (1 - share));
  }
  const area = new Path2D(line);
  area.lineTo(width, height);
  area.lineTo(0, height);
  area.closePath();
  return { line, area };
}
