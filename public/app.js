// The page as a whole: reads the state, follows the event stream, and hands each card what concerns it.

import { EventStream, request } from "./api.js";
import { AgentCard } from "./card.js";
import { explain, id, load, write } from "./dom.js";
import { count, rate, stretch, text, timeOfDay } from "./figures.js";
import { logChange, logNote } from "./log.js";

const cards = new Map();
const parts = new Map(); // What is shown of routes and configuration, once it is in sight.
/**
 * The span of all charts in milliseconds: what was asked for, or less while there is less to show, in steps so that the
 * charts do not creep.
 */
function span() {
  const seen = Math.max(0, ...[...cards.values()].map((card) => card.trends.series.age));
  const minutes = [1, 2, 3, 5, 7, 10].find((step) => step * 60_000 >= seen) ?? 15;
  return Math.min(Number(id("span").value) * 1000, minutes * 60_000);
}

let started = null; // Milliseconds since 1970, out of the status.
let startTime = null;
let lastSample = null;
let lostAt = null;
let reading = false;
let readAgain = false;

// ---- The header ----

function showStatus(status) {
  write(id("version"), status.version ?? "");
  if (startTime !== null && status.startTime !== startTime) {
    logNote({ time: Date.now(), detail: "The proxy was started anew." });
  }
  startTime = status.startTime;
  started = Date.now() - status.uptime * 1000;
  showUptime();
}

function showUptime() {
  if (started !== null) write(id("uptime"), `up ${stretch(Math.floor((Date.now() - started) / 1000))}`);
}

let noticeTimer = 0;

/** Shows the state of the event stream; a screen reader hears of losses and returns, not of each second. */
function showStream(state, seconds) {
  const chip = id("stream");
  const words = { retrying: "reconnecting", lost: `lost, trying again in ${seconds} s` };
  chip.dataset.state = state;
  write(chip, words[state] ?? state);
  const isLost = state === "lost" || state === "retrying";
  document.body.classList.toggle("stale", isLost);
  const notice = id("notice");
  clearTimeout(noticeTimer);
  if (isLost && lostAt === null) {
    lostAt = lastSample ?? Date.now();
    notice.hidden = false;
    write(notice, `Connection lost since ${timeOfDay(lostAt)}. The figures below are those of then.`);
  } else if (state === "live" && lostAt !== null) {
    const words = `Connection back at ${timeOfDay(Date.now())}, after ${stretch((Date.now() - lostAt) / 1000)}.`;
    write(notice, `${words} What happened meanwhile is filled in.`);
    logNote({ time: Date.now(), detail: words });
    lostAt = null;
    readState();
  }
  if (state === "live") noticeTimer = setTimeout(() => { notice.hidden = true; }, 10_000);
}

// ---- State ----

/** Reads status, agents and history; while that fails says why, and tries again. */
async function readState() {
  if (reading) {
    readAgain = true;
    return;
  }
  reading = true;
  try {
    do {
      readAgain = false;
      // The day's changes, with as few samples as can be.
      const [status, agents, history, day] = await Promise.all(
        ["status", "agents", "history", "history?window=86400&step=3600"].map((path) => request(path)));
      showStatus(status.body);
      showAgents(agents.body.agents ?? []);
      showHistory(history.body, day.body.changes ?? []);
    } while (readAgain);
    id("banner").hidden = true;
  } catch (error) {
    write(id("banner"), `The state of the proxy could not be read. ${explain(error)} Trying again in 3 s.`);
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
  // Only now is what comes below the cards where it stays.
  for (const name of ["routes", "config"]) if (!parts.has(name)) seen.observe(id(name));
  // The version of an agent's settings stands only on the agent itself; one after the other is soon enough.
  [...cards.values()].reduce((before, card) => before.then(() => card.refresh()), Promise.resolve());
}

function showHistory(history, changes) {
  for (const [name, card] of cards) {
    const modes = changes.filter(({ agent }) => agent === name).flatMap(({ time, changes }) => changes
      .filter(({ setting, before }) => setting === "mode" && before)
      .map(({ before, after }) => ({ time: Date.parse(time), before, after })));
    card.trends.fill(Date.parse(history.start), history.step * 1000, history.agents?.[name] ?? {}, modes,
      card.agent.mode);
  }
  changes.forEach(logChange);
  draw();
}

// ---- Events ----

function onSample(sample) {
  const time = Date.parse(sample.time);
  const agents = sample.agents ?? [];
  lastSample = Date.now();
  for (const agent of agents) cards.get(agent.name)?.sample(time, agent);
  if (agents.length !== cards.size || agents.some((agent) => !cards.has(agent.name))) readState();
  const sum = (value) => text(count(agents.reduce((all, agent) => all + (value(agent) ?? 0), 0)));
  write(id("total-requests"), text(rate(sample.clients?.requestsPerSecond)));
  write(id("total-connections"), text(count(sample.clients?.connections)));
  write(id("total-open"), sum((agent) => agent.sockets?.open));
  write(id("total-pending"), sum((agent) => agent.pending));
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
  if (!Array.isArray(change.changes)) return;
  logChange(change);
  const card = cards.get(change.agent);
  for (const { setting, after } of change.changes) {
    if (setting === "mode") card?.modeChanged(after, Date.parse(change.time));
  }
  if (change.what !== "agentRemoved") card?.refresh();
  if (change.what?.startsWith("agent")) readState();
  for (const update of parts.values()) update(change);
  draw();
}

function onProblem(problem) {
  logNote({ ...problem, time: Date.parse(problem.time) || Date.now(), isBad: true });
  if (problem.kind === "reload") parts.get("config")?.(problem);
}

// ---- What is not on the first screen comes when it is wanted ----

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    load(target.id).then(({ open }) => parts.set(target.id, open(target, () => [...cards.keys()])));
  }
});
id("add").addEventListener("click", async () => (await load("add")).toggle(id("add"), id("new-agent")));

id("span").addEventListener("change", draw);
const handlers = { sample: onSample, change: onChange, problem: onProblem };
new EventStream(Object.keys(handlers), (type, value) => handlers[type]?.(value), showStream).start();
readState();
