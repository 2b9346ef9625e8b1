// How figures are kept, written and drawn: a ring of samples, number formats, and the paths of small charts.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A figure that is not known. */
const none = { value: "\u2013", unit: "" };
const known = (number) => typeof number === "number" && Number.isFinite(number);

/** A count, written out up to ten million, then in millions or more: what fits the same place for days. */
export function count(number) {
  if (!known(number)) return none;
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e7, "M"]]) {
    if (Math.abs(number) >= size) return { value: short.format(number / (unit === "M" ? 1e6 : size)), unit };
  }
  return { value: whole.format(number), unit: "" };
}

/** The top of a scale of counts, in as little space as can be. */
export function brief(number) {
  if (number < 10_000) return count(number);
  const value = number < 1e6 ? `${short.format(number / 1e3)}k` : `${short.format(number / 1e6)}M`;
  return { value, unit: "" };
}

/** The top of a scale of latencies in seconds. */
export function briefLatency(seconds) {
  if (seconds < 0.0009995) return { value: short.format(seconds * 1e6), unit: "\u00b5s" };
  if (seconds < 0.9995) return { value: short.format(seconds * 1e3), unit: "ms" };
  return { value: short.format(seconds), unit: "s" };
}

/** A rate or a ratio: one decimal while it is small. */
export function rate(number) {
  if (!known(number)) return none;
  return Math.abs(number) < 9.95 ? { value: number.toFixed(1), unit: "" } : count(Math.round(number));
}

/** A latency in seconds, in the unit that a person would take, with three digits. */
export function latency(seconds) {
  if (!known(seconds)) return none;
  const digits = (number) => number.toFixed(number < 9.995 ? 2 : number < 99.95 ? 1 : 0);
  if (seconds < 0.0009995) return { value: whole.format(seconds * 1e6), unit: "\u00b5s" };
  if (seconds < 0.9995) return { value: digits(seconds * 1e3), unit: "ms" };
  return { value: digits(seconds), unit: "s" };
}

/** A figure as one text, its unit after a space that does not break. */
export const text = ({ value, unit }) => (unit === "" ? value : `${value}\u00a0${unit}`);

/** A stretch of time in seconds, in its two largest units. */
export function stretch(seconds) {
  if (!known(seconds)) return none.value;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const start = seconds < 1 ? 3 : first;
  let rest = Math.max(0, Math.floor(seconds));
  return units.slice(start, start + 2).map(([unit, size]) => {
    const part = Math.floor(rest / size);
    rest -= part * size;
    return `${part}\u00a0${unit}`;
  }).join(" ");
}

/** The time of day, and the day when it is not today. @param {number} time in milliseconds since 1970. */
export function timeOfDay(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** The last samples of an agent, in as much memory as on the first day: the oldest makes room for the newest. */
export class Series {
  #next = 0;
  length = 0;

  /** @param {number} capacity samples kept. @param {string[]} names of the figures of a sample. */
  constructor(capacity, names) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.columns = new Map(names.map((name) => [name, new Float32Array(capacity)]));
  }

  /** Adds a sample. One that is not newer is dropped; a clock set back by more than a little starts afresh. */
  push(time, values) {
    const last = this.end;
    if (time <= last) {
      if (last - time < 10_000) return;
      this.length = 0;
    }
    this.times[this.#next] = time;
    for (const [name, column] of this.columns) column[this.#next] = values[name] ?? NaN;
    this.#next = (this.#next + 1) % this.capacity;
    this.length = Math.min(this.length + 1, this.capacity);
  }

  #slot(index) {
    return (this.#next - this.length + index + 2 * this.capacity) % this.capacity;
  }

  /** When sample `index` was taken; 0 is the oldest. */
  time(index) {
    return this.times[this.#slot(index)];
  }

  /** A figure of sample `index`, or NaN. */
  value(index, name) {
    return this.columns.get(name)[this.#slot(index)];
  }

  /** The time of the newest sample, or minus infinity. */
  get end() {
    return this.length === 0 ? -Infinity : this.time(this.length - 1);
  }

  /** Milliseconds from the oldest sample to the newest. */
  get age() {
    return this.length === 0 ? 0 : this.end - this.time(0);
  }

  /** The first sample at or after `time`; `length` when there is none. */
  from(time) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The sample closest to `time`, or -1. */
  nearest(time) {
    const after = this.from(time);
    if (after === 0) return this.length === 0 ? -1 : 0;
    if (after === this.length) return after - 1;
    return time - this.time(after - 1) <= this.time(after) - time ? after - 1 : after;
  }
}

const svg = "http://www.w3.org/2000/svg";
const width = 600;
const height = 100;
/** Samples further apart than this, in milliseconds, are not joined: what lies between was not seen. */
const gap = 3_500;

/** The next round number at or above `value`: the top of a scale. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.9999) * power;
}

/** A chart of one or more figures over time, scaled by itself from zero to a round number above the largest. */
export class Chart {
  /**
   * @param {HTMLElement} host that it fills.
   * @param {{name: string, kind: "line" | "area", value: (series: Series, index: number) => number,
   *   base?: (series: Series, index: number) => number}[]} traces drawn in this order; their names are CSS classes.
   * @param {number} least top of the scale. @param {(number: number) => {value: string, unit: string}} format of it.
   */
  constructor(host, traces, least, format) {
    const root = document.createElementNS(svg, "svg");
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    root.setAttribute("preserveAspectRatio", "none");
    root.setAttribute("aria-hidden", "true");
    const path = (className) => {
      const element = document.createElementNS(svg, "path");
      element.setAttribute("class", className);
      return root.appendChild(element);
    };
    this.limit = path("limit");
    this.traces = traces.map((trace) => ({ ...trace, path: path(`${trace.kind} ${trace.name}`) }));
    this.label = document.createElement("span");
    this.label.className = "scale";
    this.least = least;
    this.format = format;
    host.append(root, this.label);
  }

  /**
   * Draws what `series` holds of the `span` milliseconds up to `end`.
   * @param {number} limit is drawn as a line of its own when it is in sight of the data.
   */
  draw(series, end, span, limit = NaN) {
    const first = Math.max(0, series.from(end - span) - 1);
    let largest = 0;
    for (let index = first; index < series.length; index += 1) {
      for (const { value } of this.traces) {
        const number = value(series, index);
        if (number > largest) largest = number;
      }
    }
    const limitInSight = limit <= largest * 2.5;
    const top = roundUp(Math.max(this.least, largest, limitInSight ? limit : 0) * 1.04);
    const x = (time) => ((1 - (end - time) / span) * width).toFixed(1);
    const y = (number) => (height - (number / top) * height).toFixed(1);
    for (const trace of this.traces) trace.path.setAttribute("d", outline(series, first, trace, x, y));
    this.limit.setAttribute("d", limitInSight ? `M0 ${y(limit)}H${width}` : "");
    const label = text(this.format(top));
    if (this.label.textContent !== label) this.label.textContent = label;
  }
}

/** The path of one trace, in a piece for each run of samples without a gap. */
function outline(series, first, { kind, value, base }, x, y) {
  const pieces = [];
  let above = [];
  let below = [];
  let last = -Infinity;
  const finish = () => {
    if (above.length === 1) above.push(`h1`); // A lone sample would be invisible.
    if (above.length > 0 && kind === "line") pieces.push(`M${above.join("")}`);
    if (above.length > 0 && kind === "area") pieces.push(`M${above.join("")}L${below.reverse().join("L")}Z`);
    above = [];
    below = [];
  };
  for (let index = first; index < series.length; index += 1) {
    const number = value(series, index);
    const time = series.time(index);
    if (Number.isNaN(number) || time - last > gap) finish();
    last = time;
    if (Number.isNaN(number)) continue;
    const point = `${x(time)} ${y(number)}`;
    above.push(above.length === 0 ? point : `L${point}`);
    if (kind === "area") below.push(`${x(time)} ${y(base ? base(series, index) : 0)}`);
  }
  finish();
  return pieces.join("");
}
