// The card of one agent: what it shows, and the switch of its mode.

import { Problem, patchAgent, request } from "./api.js";
import { Chart, Series, brief, briefLatency, count, latency, rate, stretch, text, timeOfDay } from "./figures.js";

/** Samples kept: 15 minutes at one a second. */
const samplesMax = 900;
/** Stretches of one mode kept as marks. */
const marksMax = 64;
/** Closing reasons in the order of the API's documentation, so that a list of them never jumps. */
const reasonOrder = [
  "normalMode", "freeSocketTimeout", "socketActiveTTL", "maxRequestsPerSocket", "upstreamClosedIdle", "upstreamClose",
  "timeout", "connectFailed", "reset", "protocolError", "clientGone", "maxFreeSockets", "modeSwitch", "drain",
  "operator", "upstreamRemoved",
];
const modeNotes = { keepalive: "sockets are used again", normal: "a new socket for each request" };
const columns = ["requests", "active", "connecting", "free", "pending", "p50", "p99", "created", "perSocket"];
const column = (name) => (series, index) => series.value(index, name);
const sum = (...names) => (series, index) => names.reduce((total, name) => total + series.value(index, name), 0);

/** Writes only what differs: most figures of a quiet agent stay as they are. */
function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** An address as nodes that may break behind its punctuation rather than anywhere. */
function breakable(address) {
  return address.split(/(?<=[./:](?![/]))/).flatMap((part) => [part, document.createElement("wbr")]);
}

/** Shows the agent `name` for as long as it exists. */
export class AgentCard {
  #texts = new Map();
  #figures = new Map();
  #parts = new Map();
  #reasons = new Map();
  #marks = [];
  #mode = null;
  #marked = null;
  #wanted = null;
  #doubted = null;
  #etag = null;
  #refreshing = null;
  #stale = false;
  #cursor = null;
  #latest = null;
  series = new Series(samplesMax, columns);

  /** @param {string} name of the agent. @param {() => number} span of the charts in milliseconds. */
  constructor(name, span) {
    this.name = name;
    this.span = span;
    const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.element = card;
    card.dataset.agent = name;
    card.setAttribute("aria-label", `Agent ${name}`);
    for (const node of card.querySelectorAll("[data-text]")) this.#texts.set(node.dataset.text, node);
    for (const node of card.querySelectorAll("[data-part]")) this.#parts.set(node.dataset.part, node);
    for (const node of card.querySelectorAll("[data-figure]")) {
      const unit = document.createElement("small");
      const value = document.createElement("span");
      node.append(value, unit);
      this.#figures.set(node.dataset.figure, { node, value, unit });
    }
    this.gauge = card.querySelector(".gauge");
    this.fault = card.querySelector(".fault");
    this.reasonList = card.querySelector(".reasons ul");
    write(this.#texts.get("name"), name);
    this.#buildSwitch(card);
    this.#buildCharts(card);
  }

  // ---- What the page is told ----

  /** Takes an agent as the API describes it: settings beside the name, figures under `status`. */
  describe(agent) {
    const upstream = [agent.upstream ?? []].flat().map((one) => (typeof one === "string" ? one : one?.url ?? ""));
    const node = this.#texts.get("upstream");
    if (node.textContent !== upstream.join(", ")) node.replaceChildren(...breakable(upstream.join(", ")));
    const state = agent.status?.state ?? "running";
    this.#texts.get("state").hidden = state === "running";
    write(this.#texts.get("state"), state);
    this.#settleMode(agent.mode);
    if (agent.status) this.#latest = { ...agent.status, maxSockets: agent.maxSockets };
    this.draw();
  }

  /** Takes the agent's part of a sample. @param {number} time in milliseconds. */
  sample(time, agent) {
    const { sockets = {}, latency: quantiles = {}, rates = {} } = agent;
    this.#latest = agent;
    this.series.push(time, {
      requests: rates.requests, created: rates.created, pending: agent.pending, perSocket: agent.requestsPerSocket,
      active: sockets.active, connecting: sockets.connecting, free: sockets.free,
      p50: quantiles?.p50, p99: quantiles?.p99,
    });
    // A sample can have been taken just before a change that is known already: only a second one is believed.
    if (this.#marked === null) {
      this.#mark(agent.mode, time);
    } else if (agent.mode === this.#mode) {
      this.#doubted = null;
      // Changed while the stream was lost: the first sample after it is the best time there is.
      this.modeChanged(agent.mode, time);
    } else if (this.#wanted === null && this.#doubted === agent.mode) {
      this.modeChanged(agent.mode, time);
      this.refresh();
    } else {
      this.#doubted = agent.mode;
    }
  }

  /** Takes a change of mode at `time` (milliseconds), by whomever. */
  modeChanged(mode, time) {
    if (mode !== this.#marked) this.#mark(mode, time);
    if (mode !== this.#mode) this.#settleMode(mode);
  }

  /** The settings may have changed: reads them again, with the version that a later change has to name. */
  refresh() {
    if (this.#refreshing) {
      this.#stale = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#read().finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  }

  async #read() {
    do {
      this.#stale = false;
      try {
        const { body, etag } = await request(`agents/${encodeURIComponent(this.name)}`);
        if (this.#stale) continue; // Changed since it was asked for: older than what is shown.
        this.#etag = etag;
        this.describe(body);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.#etag = null; // Asked for again when it is needed, and its fault shown then.
      }
    } while (this.#stale);
  }

  // ---- The switch ----

  #buildSwitch(card) {
    this.switch = card.querySelector(".switch");
    this.switch.setAttribute("aria-label", `Mode of agent ${this.name}`);
    this.radios = [...this.switch.querySelectorAll("input")];
    for (const radio of this.radios) {
      radio.name = `mode of ${this.name}`;
      // While an answer is awaited the switch stays where it is; disabling it would lose the focus.
      radio.addEventListener("click", (event) => this.#wanted !== null && event.preventDefault());
      radio.addEventListener("change", () => radio.checked && this.#switchTo(radio.value));
    }
    this.fault.querySelector("button").addEventListener("click", () => {
      this.fault.hidden = true;
      this.radios.find((radio) => radio.checked)?.focus();
    });
  }

  async #switchTo(mode) {
    if (this.#wanted !== null || mode === this.#mode) return;
    this.fault.hidden = true;
    this.#wanted = mode;
    this.#showMode();
    try {
      // The version must be that of what is shown, so a reading under way is waited for.
      if (this.#refreshing) await this.#refreshing;
      if (this.#etag === null) await this.refresh();
      if (this.#etag === null) throw new Problem("The agent's settings could not be read.", 0);
      const { body, etag } = await patchAgent(this.name, { mode }, this.#etag);
      this.#wanted = null;
      this.#etag = etag;
      this.describe(body);
    } catch (error) {
      this.#wanted = null;
      this.#showMode();
      this.#showFault(mode, error);
    }
    // Someone else's change may have overtaken the answer.
    this.refresh();
  }

  #showFault(mode, error) {
    const reason = error instanceof Problem ? error.message : String(error);
    const hint = error.status === 412 ? " It was changed elsewhere meanwhile; look again, then repeat it." : "";
    write(this.#texts.get("fault"), `Not switched to ${mode}. ${reason}${hint}`);
    this.fault.hidden = false;
  }

  #settleMode(mode) {
    if (mode !== "keepalive" && mode !== "normal") return;
    this.#mode = mode;
    this.#doubted = null;
    if (this.#wanted === null || this.#wanted === mode) this.#showMode();
  }

  #showMode() {
    const shown = this.#wanted ?? this.#mode;
    const pending = this.#wanted !== null;
    for (const radio of this.radios) radio.checked = radio.value === shown;
    this.element.dataset.mode = shown;
    this.switch.classList.toggle("pending", pending);
    this.switch.setAttribute("aria-busy", String(pending));
    write(this.#texts.get("note"), pending ? `switching to ${shown}\u2026` : modeNotes[shown] ?? "");
  }

  // ---- Figures ----

  /** Draws all that is known; the page calls it once a second, and not while it is hidden. */
  draw() {
    const latest = this.#latest;
    if (!latest) return;
    const { sockets = {}, totals = {} } = latest;
    this.#drawGauge(sockets, latest.maxSockets, latest.pending);
    this.#set("maxSockets", count(latest.maxSockets));
    for (const name of ["active", "connecting", "free"]) this.#set(name, count(sockets[name]));
    this.#set("pending", count(latest.pending));
    this.#parts.get("unused").closest(".sockets").classList.toggle("waiting", latest.pending > 0);
    for (const name of ["created", "reused", "closed", "errors", "retries", "timeouts"]) {
      this.#set(name, count(totals[name]));
      this.#figures.get(name).node.classList.toggle("zero", totals[name] === 0);
    }
    this.#set("requestsPerSocket", rate(latest.requestsPerSocket));
    const { requests, created } = latest.rates ?? {};
    const present = created > 0 ? text(rate(requests / created)) : requests > 0 ? "all reused" : "idle";
    write(this.#texts.get("perSocketNow"), `${present} now`);
    this.#drawReasons(totals.closedBy ?? {});
    this.#drawTrends();
  }

  #set(name, { value, unit }) {
    const figure = this.#figures.get(name);
    write(figure.value, value);
    write(figure.unit, unit);
  }

  #drawGauge(sockets, limit, pending) {
    const { active = 0, connecting = 0, free = 0, open = 0 } = sockets;
    for (const [name, part] of this.#parts) {
      const size = name === "unused" ? Math.max(0, limit - open) : sockets[name] ?? 0;
      part.style.flexGrow = size;
      part.classList.toggle("some", size > 0);
    }
    this.gauge.setAttribute("aria-label", `Open sockets of agent ${this.name}`);
    this.gauge.setAttribute("aria-valuemax", Math.max(limit ?? 0, open));
    this.gauge.setAttribute("aria-valuenow", open);
    this.gauge.setAttribute("aria-valuetext", `${open} of ${limit} open: ${active} active, ${connecting} connecting, ` +
      `${free} free; ${pending ?? 0} pending`);
  }

  #drawReasons(closedBy) {
    for (const [reason, number] of Object.entries(closedBy)) {
      if (number > 0 && !this.#reasons.has(reason)) this.#addReason(reason);
    }
    for (const [reason, node] of this.#reasons) write(node, text(count(closedBy[reason] ?? 0)));
    this.element.classList.toggle("no-reasons", this.#reasons.size === 0);
  }

  #addReason(reason) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const number = document.createElement("b");
    name.textContent = reason;
    item.dataset.order = reasonOrder.includes(reason) ? reasonOrder.indexOf(reason) : reasonOrder.length;
    item.append(name, " ", number);
    const order = (node) => Number(node.dataset.order);
    const next = [...this.reasonList.children].find((other) => order(other) > order(item));
    this.reasonList.insertBefore(item, next ?? null);
    this.#reasons.set(reason, number);
  }

  // ---- Charts ----

  #buildCharts(card) {
    const host = (name) => card.querySelector(`[data-plot=${name}]`);
    this.charts = {
      requests: new Chart(host("requests"), [
        { name: "ink", kind: "area", value: column("requests") },
        { name: "ink", kind: "line", value: column("requests") },
      ], 10, brief),
      sockets: new Chart(host("sockets"), [
        { name: "active", kind: "area", value: column("active") },
        { name: "connecting", kind: "area", value: sum("active", "connecting"), base: column("active") },
        { name: "free", kind: "area", value: sum("active", "connecting", "free"), base: sum("active", "connecting") },
      ], 5, brief),
      latency: new Chart(host("latency"), [
        { name: "faint", kind: "line", value: column("p50") },
        { name: "ink", kind: "line", value: column("p99") },
      ], 0.001, briefLatency),
    };
    this.plots = card.querySelector(".plots");
    this.plots.setAttribute("aria-label", `Moment shown in the charts of agent ${this.name}`);
    this.overlay = card.querySelector(".overlay");
    this.cursorLine = card.querySelector(".cursor");
    this.plots.addEventListener("pointermove", (event) => {
      const box = this.plots.getBoundingClientRect();
      this.#point(this.series.end - this.span() * (1 - (event.clientX - box.left) / box.width));
    });
    this.plots.addEventListener("pointerleave", () => this.#point(null));
    this.plots.addEventListener("blur", () => this.#point(null));
    this.plots.addEventListener("keydown", (event) => this.#key(event));
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
    this.#drawTrends();
  }

  #drawTrends() {
    const { series } = this;
    const span = this.span();
    const end = series.end;
    if (this.#cursor !== null && this.#cursor < end - span) this.#cursor = null;
    const index = this.#cursor === null ? series.length - 1 : series.nearest(this.#cursor);
    const at = (name) => (index < 0 ? this.#now(name) : series.value(index, name));
    this.#set("requestsPerSecond", rate(at("requests")));
    this.#set("open", count(at("active") + at("connecting") + at("free")));
    this.#set("p99", latency(at("p99")));
    write(this.#texts.get("p50"), `p50 ${text(latency(at("p50")))}`);
    write(this.#texts.get("createdRate"), `${text(rate(at("created")))} created/s`);
    write(this.#texts.get("requests"), `${text(count(this.#latest?.totals?.requests))} in all`);
    write(this.#texts.get("from"), `${stretch(span / 1000).replace(/\u00a00.*| 0.*/, "")} ago`);
    const moment = this.#cursor === null ? "" : timeOfDay(this.#cursor);
    write(this.#texts.get("moment"), moment);
    this.plots.setAttribute("aria-valuemin", -span / 1000);
    this.plots.setAttribute("aria-valuenow", this.#cursor === null ? 0 : Math.round((this.#cursor - end) / 1000));
    const open = text(count(at("active") + at("connecting") + at("free")));
    this.plots.setAttribute("aria-valuetext", `${moment || "now"}: ${text(rate(at("requests")))} requests per second, `
      + `${open} open sockets, p99 ${text(latency(at("p99")))}`);
    if (series.length > 0) {
      this.charts.requests.draw(series, end, span);
      this.charts.sockets.draw(series, end, span, this.#latest?.maxSockets);
      this.charts.latency.draw(series, end, span);
    }
    this.#drawOverlay(end, span);
  }

  /** A figure before the first sample, out of the agent's description. */
  #now(name) {
    const { sockets = {}, rates = {}, latency: quantiles = {} } = this.#latest ?? {};
    return { ...sockets, ...quantiles, requests: rates.requests, created: rates.created }[name] ?? NaN;
  }

  #mark(mode, time) {
    this.#marked = mode;
    const line = document.createElement("i");
    const label = document.createElement("span");
    line.className = this.#marks.length === 0 ? "era first" : "era";
    line.dataset.mode = mode;
    label.textContent = mode;
    line.append(label);
    this.overlay.append(line);
    this.#marks.push({ mode, time, line });
    if (this.#marks.length > marksMax) this.#marks.shift().line.remove();
  }

  /** Lays the stretch of each mode over the charts: a band with its name, and a line through all where it began. */
  #drawOverlay(end, span) {
    const share = (time) => Math.min(1, 1 - (end - time) / span);
    let until = 1;
    for (const { line, time } of this.#marks.toReversed()) {
      const since = Math.max(-0.01, share(time)); // Just out of sight, so that its line is too.
      line.hidden = until <= 0 || until <= since;
      line.style.left = `${(since * 100).toFixed(2)}%`;
      line.style.width = `${((until - since) * 100).toFixed(2)}%`;
      until = Math.min(until, since);
    }
    this.cursorLine.hidden = this.#cursor === null;
    if (this.#cursor !== null) this.cursorLine.style.left = `${(share(this.#cursor) * 100).toFixed(2)}%`;
  }
}
