// The log of changes, the newest first, each with what undoes it.

import { attempt, button, h, id, say, words } from "./dom.js";
import { timeOfDay } from "./figures.js";

/** Entries kept. */
const entriesMax = 200;
/** What cannot be undone has no button. */
const final = ["socketsClosed"];
const titles = {
  agentAdded: "added", agentRemoved: "removed", drain: "drained", resume: "resumed", socketsClosed: "sockets closed",
};
const known = new Set(); // Of the changes in the list, so that none is listed twice.

/** Puts an entry where its time belongs. */
function add(time, key, parts) {
  const list = id("changes");
  const item = h("li", { "data-time": time, "data-key": key ?? "" },
    h("time", { datetime: new Date(time).toISOString() }, timeOfDay(time)), " ", parts);
  const next = [...list.children].find((other) => Number(other.dataset.time) <= time);
  list.insertBefore(item, next ?? null);
  while (list.children.length > entriesMax) {
    known.delete(list.lastElementChild.dataset.key);
    list.lastElementChild.remove();
  }
  return item;
}

/** Lists a change as the API tells of it. */
export function logChange(change) {
  const { time, who, what = "settings", agent, changes = [] } = change;
  const key = JSON.stringify([time, what, agent, changes]);
  if (known.has(key)) return;
  known.add(key);
  const said = Object.hasOwn(titles, what) ? [titles[what]]
    : changes.map(({ setting, before, after }) => `${setting} ${words(before)} \u2192 ${words(after)}`);
  const undo = button("Undo", () => attempt(undo, item, async () => {
    const done = await (await import("./undo.js")).undo({ ...change, what });
    undo.replaceWith(h("em", {}, done));
    say(done);
  }), { "aria-label": `Undo: ${agent ?? ""} ${said.join(", ")}` });
  const item = add(Date.parse(time), key, [
    agent ? h("b", {}, `${agent} `) : "", h("span", { class: "what" }, said.join(", ")),
    h("span", { class: "who" }, ` by ${words(who)} `), final.includes(what) ? "" : undo]);
}

/** Lists anything else worth knowing. @param {number} time in milliseconds. */
export function logNote({ time, agent, detail, title, isBad = false }) {
  const item = add(time, null, [agent ? h("b", {}, `${agent} `) : "",
    h("span", { class: "what" }, detail ?? title ?? "A problem without words.")]);
  item.classList.toggle("bad", isBad);
}
