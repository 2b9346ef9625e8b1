// Undoes a change out of the log: only if what it left is still there, so that no later change is lost.

import { Problem, agentPath, request } from "./api.js";
import { words } from "./dom.js";

/** The same value; null, nothing and the order of members make no difference. */
function same(a, b) {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return (a ?? null) === (b ?? null);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
}

function check(setting, now, after) {
  // One upstream may stand as a text or as a list.
  if (!same([now].flat(), [after].flat())) {
    throw new Problem(`${setting} is ${words(now)} by now: undo the later change first.`);
  }
}

const before = (changes) => Object.fromEntries(changes.map(({ setting, before }) => [setting, before ?? null]));
const told = (changes) => changes.map(({ setting, before }) => `${setting} is ${words(before)} again`).join(", ");

/** The value at a path of keys, and the object that holds it. */
function find(tree, path) {
  const keys = path.split(/[./]/).filter((key) => key !== "");
  const last = keys.pop();
  const holder = keys.reduce((node, key) => node?.[key] ?? {}, tree);
  return { holder, last };
}

const ways = {
  async settings({ agent, changes }) {
    const { body, etag } = await request(agentPath(agent));
    for (const { setting, after } of changes) check(setting, body[setting], after);
    await request(agentPath(agent), { method: "PATCH", body: before(changes), etag });
    return told(changes);
  },
  async agentAdded({ agent }) {
    const { etag } = await request(agentPath(agent));
    const { status } = await request(agentPath(agent), { method: "DELETE", etag });
    return status === 202 ? `${agent} drains, then is removed` : `${agent} is removed again`;
  },
  async agentRemoved({ agent, changes }) {
    const settings = Object.fromEntries(Object.entries(before(changes)).filter(([, value]) => value !== null));
    await request("agents", { method: "POST", body: { ...settings, name: agent } });
    return `${agent} is back`;
  },
  async drain({ agent }) {
    await request(`${agentPath(agent)}/resume`, { method: "POST", body: {} });
    return `${agent} is at work again`;
  },
  async resume({ agent }) {
    await request(`${agentPath(agent)}/drain`, { method: "POST", body: {} });
    return `${agent} is drained again`;
  },
  async routes({ changes: [{ before, after }] }) {
    const { body, etag } = await request("routes");
    check("routes", body.routes, after);
    await request("routes", { method: "PUT", body: { routes: before }, etag });
    return "the routes are as before";
  },
  async configuration({ changes }) {
    const { body, etag } = await request("config");
    for (const { setting, before, after } of changes) {
      const { holder, last } = find(body, setting);
      check(setting, holder[last], after);
      holder[last] = before ?? null;
    }
    await request("config", { method: "PUT", body, etag });
    return told(changes);
  },
};

/** @param {object} change as the API tells of it. @returns {Promise<string>} what was done; throws a `Problem`. */
export function undo(change) {
  if (!Object.hasOwn(ways, change.what)) throw new Problem("This cannot be undone from here.");
  return ways[change.what](change).then((done) => `Undone: ${done}.`);
}
