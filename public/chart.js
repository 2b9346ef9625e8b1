// A small chart of one or more figures over time, scaled by itself to a round number above the largest.

import { text } from "./figures.js";
import { write } from "./dom.js";

const svg = "http://www.w3.org/2000/svg";
const width = 600;
const height = 100;
/** Samples further apart than this, in milliseconds, are not joined: what lies between was not seen. */
const gap = 3_500;

/** The next round number at or above `value`. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.9999) * power;
}

export class Chart {
  /**
   * @param {HTMLElement} host that it fills.
   * @param {{name: string, columns: string[], base?: string[], down?: boolean}[]} traces drawn in this order; each is
   * the sum of its columns, an area down to the sum of `base`, or with no `base` a line; those that go `down` hang
   * from a line in the middle. Names are CSS classes.
   * @param {number} least top of the scale. @param {(number: number) => {value: string, unit: string}} format of it.
   */
  constructor(host, traces, least, format) {
    const root = document.createElementNS(svg, "svg");
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    root.setAttribute("preserveAspectRatio", "none");
    root.setAttribute("aria-hidden", "true");
    const path = (name) => {
      const element = root.appendChild(document.createElementNS(svg, "path"));
      element.setAttribute("class", name);
      return element;
    };
    this.limit = path("limit");
    this.traces = traces.map((trace) => ({ ...trace, path: path(`${trace.base ? "area" : "line"} ${trace.name}`) }));
    this.zero = traces.some(({ down }) => down) ? height / 2 : height;
    this.label = document.createElement("span");
    Object.assign(this, { least, format });
    host.append(root, this.label);
  }

  /** Draws the `span` milliseconds up to `end`. @param {number} limit gets a line when it is in sight of the data. */
  draw(series, end, span, limit = NaN) {
    const first = Math.max(0, series.from(end - span) - 1);
    const sum = (names, index) => names.reduce((total, name) => total + series.value(index, name), 0);
    let largest = 0;
    for (let index = first; index < series.length; index += 1) {
      for (const { columns } of this.traces) largest = Math.max(largest, sum(columns, index) || 0);
    }
    const limitInSight = limit <= largest * 2.5;
    const top = roundUp(Math.max(this.least, largest, limitInSight ? limit : 0) * 1.04);
    const x = (time) => ((1 - (end - time) / span) * width).toFixed(1);
    for (const { columns, base, down, path } of this.traces) {
      const y = (number) => (this.zero * (1 + (down ? number : -number) / top)).toFixed(1);
      const pieces = [];
      let above = [];
      let below = [];
      let last = -Infinity;
      const finish = () => {
        if (above.length === 1) above.push("h1"); // A lone sample would be invisible.
        if (above.length > 0) pieces.push(`M${above.join("L").replace("Lh", "h")}`);
        if (base && below.length > 0) pieces.push(`L${below.reverse().join("L")}Z`);
        above = [];
        below = [];
      };
      for (let index = first; index < series.length; index += 1) {
        const number = sum(columns, index);
        const time = series.time(index);
        if (Number.isNaN(number) || time - last > gap) finish();
        last = time;
        if (Number.isNaN(number)) continue;
        above.push(`${x(time)} ${y(number)}`);
        if (base) below.push(`${x(time)} ${y(sum(base, index))}`);
      }
      finish();
      path.setAttribute("d", pieces.join(""));
    }
    const line = this.zero === height ? (1 - limit / top) * height : this.zero;
    this.limit.setAttribute("d", limitInSight || this.zero !== height ? `M0 ${line.toFixed(1)}H${width}` : "");
    write(this.label, text(this.format(top)));
  }
}
