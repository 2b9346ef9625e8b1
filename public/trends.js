// The charts of one agent over one axis of time, with a mark at each change of mode, read by pointer or keyboard.

import { Chart } from "./chart.js";
import { h } from "./dom.js";
import { brief, briefLatency, count, latency, rate, stretch, text, timeOfDay } from "./figures.js";
import { Series } from "./series.js";

/** Samples kept: 15 minutes at one a second. */
const samplesMax = 900;
/** Stretches of one mode kept as marks. */
const marksMax = 64;

/** What moves over time, on the card of one agent. */
export class Trends {
  #marks = [];
  #cursor = null;
  #now = {};
  series = new Series(samplesMax);

  /**
   * @param {HTMLElement} card of the agent. @param {(name: string, figure: object | string) => void} show writes one of
   * its figures. @param {() => number} span of the charts in milliseconds.
   */
  constructor(card, name, show, span) {
    this.show = show;
    this.span = span;
    const chart = (plot, ...more) => new Chart(card.querySelector(`[data-plot=${plot}]`), ...more);
    this.charts = [
      chart("requests", [{ name: "ink", columns: ["requests"], base: [] }, { name: "ink", columns: ["requests"] }],
        10, brief),
      chart("latency", [{ name: "faint", columns: ["p50"] }, { name: "ink", columns: ["p99"] }], 0.001, briefLatency),
      chart("churn", [{ name: "ink", columns: ["created"], base: [] },
        { name: "out", columns: ["closed"], base: [], down: true }], 5, brief),
    ];
    this.sockets = chart("sockets", [
      { name: "active", columns: ["active"], base: [] },
      { name: "connecting", columns: ["active", "connecting"], base: ["active"] },
      { name: "free", columns: ["active", "connecting", "free"], base: ["active", "connecting"] },
    ], 5, brief);
    this.plots = card.querySelector(".plots");
    this.overlay = card.querySelector(".overlay");
    this.cursorLine = card.querySelector(".cursor");
    this.plots.setAttribute("aria-label", `Moment shown in the charts of agent ${name}`);
    this.plots.addEventListener("pointermove", (event) => {
      const box = this.plots.getBoundingClientRect();
      this.#point(this.series.end - this.span() * (1 - (event.clientX - box.left) / box.width));
    });
    for (const leave of ["pointerleave", "blur"]) this.plots.addEventListener(leave, () => this.#point(null));
    this.plots.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Takes the figures of a sample at `time` (milliseconds). */
  push(time, { sockets = {}, latency: quantiles, rates = {}, pending }) {
    const values = { ...sockets, ...quantiles, ...rates, pending };
    this.series.push(time, (name) => values[name]);
  }

  /** The mode at `time`, when it differs from the one before. */
  mark(mode, time) {
    if (this.#marks.at(-1)?.mode === mode) return;
    const line = h("i", { class: this.#marks.length === 0 ? "era first" : "era", "data-mode": mode },
      h("span", {}, mode));
    this.overlay.append(line);
    this.#marks.push({ mode, time, line });
    if (this.#marks.length > marksMax) this.#marks.shift().line.remove();
  }

  /** Begins anew with what the server remembers. @param {{time: number, before: string, after: string}[]} changes. */
  fill(start, step, history, changes, mode) {
    this.series.fill(start, step, history);
    for (const { line } of this.#marks) line.remove();
    this.#marks = [];
    this.mark(changes[0]?.before ?? mode, start);
    for (const { time, after } of changes) this.mark(after, time);
  }

  #key(event) {
    const { series } = this;
    if (series.length === 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const now = this.#cursor === null ? series.length - 1 : series.nearest(this.#cursor);
    const steps = {
      ArrowLeft: now - 1, ArrowRight: now + 1, ArrowDown: now - 1, ArrowUp: now + 1, PageDown: now - 30,
      PageUp: now + 30, Home: 0, End: series.length, Escape: series.length,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const first = series.from(series.end - this.span());
    this.#point(series.time(Math.min(Math.max(steps[event.key], first), series.length - 1)));
  }

  /** Shows the figures of a moment (milliseconds) beside the charts, or with null those of now. */
  #point(time) {
    const index = time === null || time >= this.series.end ? -1 : this.series.nearest(time);
    this.#cursor = index < 0 ? null : this.series.time(index);
    this.#read(this.series.end, this.span());
  }

  /** Draws all. @param {object} latest figures of the agent, for what no sample has told yet. */
  draw(latest) {
    const { series } = this;
    const { end } = series;
    const span = this.span();
    this.#now = latest;
    this.#read(end, span);
    if (series.length === 0) return;
    for (const chart of this.charts) chart.draw(series, end, span);
    this.sockets.draw(series, end, span, latest.maxSockets);
    let until = 1;
    for (const { line, time } of this.#marks.toReversed()) {
      const since = Math.min(1, Math.max(-0.01, 1 - (end - time) / span)); // Just out of sight, its line too.
      line.hidden = until <= 0 || until <= since;
      line.style.left = `${(since * 100).toFixed(2)}%`;
      line.style.width = `${((until - since) * 100).toFixed(2)}%`;
      until = Math.min(until, since);
    }
  }

  #read(end, span) {
    const { series, show } = this;
    if (this.#cursor !== null && this.#cursor < end - span) this.#cursor = null;
    const index = this.#cursor === null ? series.length - 1 : series.nearest(this.#cursor);
    const { sockets = {}, rates = {}, latency: quantiles, totals = {} } = this.#now;
    const now = { ...sockets, ...quantiles, ...rates };
    const at = (name) => (index < 0 ? now[name] : series.value(index, name));
    const open = count(at("active") + at("connecting") + at("free"));
    const moment = this.#cursor === null ? "" : timeOfDay(this.#cursor);
    show("requests", rate(at("requests")));
    show("all", `${text(count(totals.requests))} in all`);
    show("p99", latency(at("p99")));
    show("p50", `p50 ${text(latency(at("p50")))}`);
    show("open", open);
    show("states", `${text(count(at("active")))} active`);
    show("created", rate(at("created")));
    show("closed", `${text(rate(at("closed")))} closed/s`);
    show("from", `${stretch(span / 1000).split(" ")[0]} ago`);
    show("moment", moment);
    this.plots.setAttribute("aria-valuemin", -span / 1000);
    this.plots.setAttribute("aria-valuenow", moment && Math.round((this.#cursor - end) / 1000) || 0);
    this.plots.setAttribute("aria-valuetext", `${moment || "now"}: ${text(rate(at("requests")))} requests per second, `
      + `p50 ${text(latency(at("p50")))}, p99 ${text(latency(at("p99")))}, ${text(open)} open sockets, `
      + `${text(rate(at("created")))} created and ${text(rate(at("closed")))} closed per second`);
    this.cursorLine.hidden = moment === "";
    this.cursorLine.style.left = `${((1 - (end - (this.#cursor ?? end)) / span) * 100).toFixed(2)}%`;
  }
}
