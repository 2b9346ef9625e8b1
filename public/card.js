// The card of one agent: its figures, its switch, what can be done to it, and the panels that open below.

import { Problem, agentPath, request } from "./api.js";
import { attempt, explain, h, id, load, say, write } from "./dom.js";
import { count, rate, text } from "./figures.js";
import { Trends } from "./trends.js";

/** Closing reasons in the order of the API's documentation, so that a list of them never jumps. */
const reasonOrder = [
  "normalMode", "freeSocketTimeout", "socketActiveTTL", "maxRequestsPerSocket", "upstreamClosedIdle", "upstreamClose",
  "timeout", "connectFailed", "reset", "protocolError", "clientGone", "maxFreeSockets", "modeSwitch", "drain",
  "operator", "upstreamRemoved",
];
/** Late closes are those of so many samples. */
const lateMax = 60;
const modeNotes = { keepalive: "sockets are used again", normal: "a new socket for each request" };
const otherMode = { keepalive: "normal", normal: "keepalive" };
const panels = ["sockets", "split", "advice", "settings"];

/** Shows the agent `name` for as long as it exists. */
export class AgentCard {
  #places = new Map();
  #reasons = new Map();
  #closes = [];
  #mode = null;
  #wanted = null;
  #doubted = null;
  #etag = null;
  #reading = null;
  #stale = false;
  #latest = null;
  #panels = new Map();
  /** The agent as the API describes it. */
  agent = {};

  /** @param {string} name of the agent. @param {() => number} span of the charts in milliseconds. */
  constructor(name, span) {
    this.name = name;
    const card = id("card").content.firstElementChild.cloneNode(true);
    this.element = card;
    card.dataset.agent = name;
    card.setAttribute("aria-label", `Agent ${name}`);
    for (const node of card.querySelectorAll("[data-text]")) this.#places.set(node.dataset.text, [node]);
    for (const node of card.querySelectorAll("[data-figure]")) {
      node.append(h("span"), h("small"));
      this.#places.set(node.dataset.figure, [...node.children]);
    }
    this.parts = [...card.querySelectorAll("[data-part]")];
    this.gauge = card.querySelector(".gauge");
    this.trends = new Trends(card, name, (...figure) => this.#show(...figure), span);
    this.#show("name", name);
    this.switch = card.querySelector("[role=switch]");
    this.switch.setAttribute("aria-label", `Keep-alive of agent ${name}`);
    this.switch.addEventListener("click", ({ target }) => {
      if (target.textContent !== this.#mode) this.#switch(otherMode[this.#mode]);
    });
    this.switch.addEventListener("keydown", ({ key }) => {
      const mode = { ArrowLeft: "normal", ArrowRight: "keepalive" }[key];
      if (mode && mode !== this.#mode) this.#switch(mode);
    });
    for (const name of panels) this.#panel(name).addEventListener("toggle", () => this.#tick(name));
    for (const node of card.querySelectorAll("[data-action]")) {
      node.addEventListener("click", () => attempt(node, node.parentElement, () => this[node.dataset.action](node)));
    }
  }

  #show(name, figure) {
    const [value, unit] = this.#places.get(name);
    write(value, figure.value ?? figure);
    if (unit) write(unit, figure.unit);
  }

  // ---- What the page is told ----

  /** Takes an agent as the API describes it: settings beside the name, figures under `status`. */
  describe(agent) {
    this.agent = agent;
    const upstream = [agent.upstream ?? []].flat().join(", ");
    const place = this.element.querySelector(".upstream");
    // An address may break behind its punctuation rather than anywhere.
    if (place.textContent !== upstream) {
      place.replaceChildren(...upstream.split(/(?<=[./:](?![/]))/).flatMap((part) => [part, h("wbr")]));
    }
    const state = agent.status?.state ?? "running";
    const [tag] = this.#places.get("state");
    tag.hidden = state === "running";
    write(tag, state);
    write(this.element.querySelector("[data-action=drain]"), state === "running" ? "Drain" : "Resume");
    this.#show("split", agent.split > 0 ? `${agent.split} % ${otherMode[agent.mode]}` : "");
    this.#panel("split").open ||= agent.split > 0;
    this.#settle(agent.mode);
    if (agent.status) this.#latest = { ...agent.status, maxSockets: agent.maxSockets };
    this.draw();
  }

  /** Takes the agent's part of a sample at `time` (milliseconds). */
  sample(time, agent) {
    this.#latest = agent;
    this.trends.push(time, agent);
    this.#closes.push(agent.totals?.closedBy ?? {});
    if (this.#closes.length > lateMax) this.#closes.shift();
    // A sample can have been taken just before a change that is known already: only a second one is believed.
    if (agent.mode === this.#mode || this.#mode === null || this.#doubted === agent.mode) {
      if (this.#mode !== null && agent.mode !== this.#mode) this.refresh();
      this.modeChanged(agent.mode, time);
    } else {
      this.#doubted = this.#wanted === null ? agent.mode : null;
    }
    if (document.hidden) return;
    for (const name of panels) this.#tick(name);
  }

  /** Takes a change of mode at `time` (milliseconds), by whomever. */
  modeChanged(mode, time) {
    this.trends.mark(mode, time);
    this.#settle(mode);
  }

  /** The settings may have changed: reads them again, with the version that a later change has to name. */
  refresh() {
    this.#stale = this.#reading !== null;
    this.#reading ??= this.#read().finally(() => { this.#reading = null; });
    return this.#reading;
  }

  async #read() {
    do {
      this.#stale = false;
      try {
        const { body, etag } = await request(agentPath(this.name));
        if (this.#stale) continue; // Changed since it was asked for: older than what is shown.
        this.#etag = etag;
        this.describe(body);
      } catch (error) {
        explain(error);
        this.#etag = null; // Asked for again when it is needed, and its fault shown then.
      }
    } while (this.#stale);
  }

  // ---- What can be done ----

  /** Changes settings, if they still are what the page shows; throws a `Problem`. */
  async patch(patch) {
    try {
      // The version must be that of what is shown, so a reading under way is waited for.
      if (this.#reading || this.#etag === null) await this.refresh();
      if (this.#etag === null) throw new Problem("The agent's settings could not be read.");
      const { body, etag } = await request(agentPath(this.name), { method: "PATCH", body: patch, etag: this.#etag });
      this.#etag = etag;
      if (this.#wanted === body.mode) this.#wanted = null;
      this.describe(body);
    } finally {
      this.refresh(); // Someone else's change may have overtaken the answer.
    }
  }

  async #switch(mode) {
    if (this.#wanted !== null || !mode) return;
    this.#wanted = mode;
    this.#showMode();
    await attempt(this.switch, this.switch.parentElement, () => this.patch({ mode }));
    this.#wanted = null;
    this.#showMode();
  }

  async drain() {
    const action = this.agent.status?.state === "running" ? "drain" : "resume";
    const { body } = await request(`${agentPath(this.name)}/${action}`, { method: "POST", body: {} });
    this.describe(body);
    say(`Agent ${this.name} is ${body.status?.state}.`);
  }

  async closeFree() {
    const { body } = await request(`${agentPath(this.name)}/sockets?state=free`, { method: "DELETE" });
    say(`${body.closed} free sockets of agent ${this.name} closed.`);
  }

  /** Removes the agent; asks first, by having to be pressed twice. */
  async remove(button) {
    if (button.dataset.sure) {
      await request(agentPath(this.name), { method: "DELETE" });
      return;
    }
    const forget = () => {
      delete button.dataset.sure;
      write(button, "Remove");
    };
    button.dataset.sure = "yes";
    write(button, `Really remove ${this.name}`);
    button.addEventListener("blur", forget, { once: true });
  }

  #panel(name) {
    return this.element.querySelector(`[data-panel=${name}]`);
  }

  /** Brings a panel up to date that is open and in sight; the first time its module is loaded. */
  async #tick(name) {
    const details = this.#panel(name);
    const { top, bottom } = details.getBoundingClientRect();
    if (!details.open || bottom <= 0 || top >= innerHeight) return;
    if (!this.#panels.has(name)) {
      this.#panels.set(name, () => {});
      const panel = await load(name);
      this.#panels.set(name, panel.open(this, details.lastElementChild));
    }
    this.#panels.get(name)();
  }

  // ---- Figures ----

  #settle(mode) {
    if (!Object.hasOwn(modeNotes, mode)) return;
    this.#mode = mode;
    this.#doubted = null;
    if (this.#wanted === null || this.#wanted === mode) this.#showMode();
  }

  #showMode() {
    const shown = this.#wanted ?? this.#mode;
    this.element.dataset.mode = shown;
    this.switch.setAttribute("aria-checked", String(shown === "keepalive"));
    this.#show("note", this.#wanted ? `switching to ${shown}\u2026` : modeNotes[shown] ?? "");
  }

  /** Draws all that is known; the page calls it once a second, and not while it is hidden. */
  draw() {
    const latest = this.#latest;
    if (!latest) return;
    const { sockets = {}, totals = {}, pending = 0, maxSockets = 0, rates = {} } = latest;
    const { active = 0, connecting = 0, free = 0, open = 0 } = sockets;
    for (const part of this.parts) {
      const size = { active, connecting, free }[part.dataset.part] ?? Math.max(0, maxSockets - open);
      part.style.flexGrow = size;
      part.classList.toggle("some", size > 0);
    }
    this.gauge.setAttribute("aria-label", `Open sockets of agent ${this.name}`);
    this.gauge.setAttribute("aria-valuemax", Math.max(maxSockets, open));
    this.gauge.setAttribute("aria-valuenow", open);
    this.gauge.setAttribute("aria-valuetext", `${open} of ${maxSockets} open: ${active} active, ${connecting} `
      + `connecting, ${free} free; ${pending} pending`);
    for (const [name, value] of Object.entries({ active, connecting, free, pending, maxSockets })) {
      this.#show(name, count(value));
    }
    this.gauge.parentElement.classList.toggle("waiting", pending > 0);
    for (const name of ["created", "reused", "closed", "errors", "retries", "timeouts"]) {
      this.#show(`${name}Total`, count(totals[name]));
      this.#places.get(`${name}Total`)[0].parentElement.classList.toggle("zero", totals[name] === 0);
    }
    this.#show("perSocket", rate(latest.requestsPerSocket));
    const { requests, created } = rates;
    const present = created > 0 ? text(rate(requests / created)) : requests > 0 ? "all reused" : "idle";
    this.#show("perSocketNow", `${present} now`);
    this.#drawReasons(totals.closedBy ?? {});
    this.trends.draw(latest);
  }

  #drawReasons(closedBy) {
    const list = this.element.querySelector(".reasons ul");
    for (const reason of [...reasonOrder, ...Object.keys(closedBy)]) {
      if (!(closedBy[reason] > 0)) continue;
      if (!this.#reasons.has(reason)) {
        const [number, late] = [h("b"), h("span")];
        const order = reasonOrder.indexOf(reason);
        const next = [...list.children].find((other) => other.dataset.order > order);
        list.insertBefore(h("li", { "data-order": order }, `${reason} `, number, late), next ?? null);
        this.#reasons.set(reason, [number, late]);
      }
      const [number, late] = this.#reasons.get(reason);
      const lately = closedBy[reason] - (this.#closes[0]?.[reason] ?? 0);
      write(number, text(count(closedBy[reason])));
      write(late, this.#closes.length > 1 && lately > 0 ? ` +${text(count(lately))}` : "");
    }
    this.element.classList.toggle("no-reasons", this.#reasons.size === 0);
  }
}
