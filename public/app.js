// The page as a whole: reads the state, follows the event stream, and hands each card what concerns it.

import { EventStream, Problem, request } from "./api.js";
import { AgentCard } from "./card.js";
import { count, rate, stretch, text, timeOfDay } from "./figures.js";

/** Entries of the log kept. */
const changesMax = 200;
const id = (name) => document.getElementById(name);
const cards = new Map();
const spanSelect = id("span");

/**
 * The span of all charts in milliseconds: what was asked for, or less while there is less to show, in steps so that
 * the charts do not creep.
 */
function span() {
  const seen = Math.max(0, ...[...cards.values()].map((card) => card.series.age));
  const minutes = [1, 2, 3, 4, 5, 7, 10, 15];
  return Math.min(Number(spanSelect.value) * 1000, (minutes.find((step) => step * 60_000 >= seen) ?? 15) * 60_000);
}

let started = null; // Milliseconds since 1970, out of the status.
let startTime = null;
let lastSample = null;
let lostAt = null;
let reading = false;
let readAgain = false;

// ---- The header ----

function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function total(name, words) {
  write(document.querySelector(`[data-total=${name}]`), words);
}

function showStatus(status) {
  id("version").textContent = status.version ?? "";
  if (startTime !== null && status.startTime !== startTime) {
    log({ time: Date.now(), what: "The proxy was started anew." });
  }
  startTime = status.startTime;
  started = typeof status.uptime === "number" ? Date.now() - status.uptime * 1000 : Date.parse(status.startTime);
  showUptime();
}

function showUptime() {
  if (started !== null) write(id("uptime"), `up ${stretch((Date.now() - started) / 1000)}`);
}

let backTimer = 0;

/** Shows the state of the event stream; a screen reader hears of losses and returns, not of each second. */
function showStream(state, seconds, resumed) {
  const chip = id("stream");
  const words = {
    connecting: "connecting", live: "live", retrying: "connection lost, reconnecting",
    lost: `connection lost, retrying in ${seconds} s`,
  }[state];
  if (state === "live" && lostAt !== null) {
    const away = Math.max(1, Math.round((Date.now() - lostAt) / 1000));
    const missed = resumed ? "" : " Changes made meanwhile are not listed.";
    log({ time: Date.now(), what: `Connection back after ${stretch(away)}.${missed}` });
    lostAt = null;
    say("back", "back", "The connection is back.");
    clearTimeout(backTimer);
    backTimer = setTimeout(() => say("live", "live", ""), 5_000);
    readState();
    return;
  }
  if (state === "lost" && lostAt === null) {
    lostAt = lastSample ?? Date.now();
    clearTimeout(backTimer);
    id("announcement").textContent = "Connection lost. The figures stand still until it is back.";
  }
  document.body.classList.toggle("stale", state === "lost" || state === "retrying");
  chip.dataset.state = state;
  id("stream-text").textContent = words;
}

function say(state, words, announcement) {
  document.body.classList.remove("stale");
  id("stream").dataset.state = state;
  id("stream-text").textContent = words;
  id("announcement").textContent = announcement;
}

// ---- State ----

/** Reads status and agents; while that fails says why, and tries again. */
async function readState() {
  if (reading) {
    readAgain = true;
    return;
  }
  reading = true;
  try {
    do {
      readAgain = false;
      const [status, agents] = await Promise.all([request("status"), request("agents")]);
      showStatus(status.body);
      showAgents(agents.body.agents ?? []);
    } while (readAgain);
    id("banner").hidden = true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    id("banner").textContent = `The state of the proxy could not be read. ${error.message} Trying again in 3 s.`;
    id("banner").hidden = false;
    setTimeout(readState, 3_000);
  } finally {
    reading = false;
  }
}

function showAgents(agents) {
  const names = new Set(agents.map((agent) => agent.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.element.remove();
    cards.delete(name);
  }
  for (const agent of agents) {
    let card = cards.get(agent.name);
    if (!card) {
      card = new AgentCard(agent.name, span);
      cards.set(agent.name, card);
      id("agents").append(card.element);
    }
    card.describe(agent);
  }
  // The version of an agent's settings stands only on the agent itself; one after the other is soon enough.
  [...cards.values()].reduce((before, card) => before.then(() => card.refresh()), Promise.resolve());
}

// ---- Events ----

function onSample(sample) {
  const time = Date.parse(sample.time);
  const agents = sample.agents ?? [];
  lastSample = Date.now();
  for (const agent of agents) cards.get(agent.name)?.sample(time, agent);
  if (agents.length !== cards.size || agents.some((agent) => !cards.has(agent.name))) readState();
  total("requestsPerSecond", text(rate(sample.clients?.requestsPerSecond)));
  total("connections", text(count(sample.clients?.connections)));
  total("open", text(count(agents.reduce((all, agent) => all + (agent.sockets?.open ?? 0), 0))));
  total("pending", text(count(agents.reduce((all, agent) => all + (agent.pending ?? 0), 0))));
  showUptime();
  draw();
}

let drawing = false;

/** Draws with the next frame: once however much arrives together, and not at all while the page is hidden. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const card of cards.values()) card.draw();
  });
}

function onChange(change) {
  const time = Date.parse(change.time);
  const changes = Array.isArray(change.changes) ? change.changes : [];
  for (const { setting, before, after } of changes) {
    log({ time, agent: change.agent, setting, before, after, who: change.who });
    if (setting === "mode") cards.get(change.agent)?.modeChanged(after, time);
  }
  cards.get(change.agent)?.refresh();
  draw();
}

function onProblem(problem) {
  const what = problem.detail ?? problem.title ?? "A problem without words.";
  log({ time: Date.parse(problem.time) || Date.now(), agent: problem.agent, what, bad: true });
}

const words = (value) => (typeof value === "string" ? value : value === undefined ? "none" : JSON.stringify(value));

/** Adds an entry to the log, the newest first; the oldest goes when there are too many. */
function log({ time, agent, setting, before, after, who, what, bad = false }) {
  const entry = document.createElement("li");
  const part = (tag, className, content) => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = content;
    entry.append(node, " ");
    return node;
  };
  part("time", "when", timeOfDay(time)).dateTime = new Date(time).toISOString();
  if (agent) part("b", "agent", agent);
  if (setting) part("span", "what", `${setting} ${words(before)} \u2192 ${words(after)}`);
  if (what) part("span", "what", what);
  if (who) part("span", "who", `by ${words(who)}`);
  entry.classList.toggle("bad", bad);
  id("changes-none").hidden = true;
  const list = id("change-list");
  list.prepend(entry);
  while (list.children.length > changesMax) list.lastElementChild.remove();
}

const handlers = { sample: onSample, change: onChange, problem: onProblem };
spanSelect.addEventListener("change", draw);
new EventStream(Object.keys(handlers), (type, value) => handlers[type](value), showStream).start();
readState();
