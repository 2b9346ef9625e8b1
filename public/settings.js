// The settings of an agent, to be edited where they stand.

import { Problem } from "./api.js";
import { attempt, h, say } from "./dom.js";
import { clearFaults, field, select, withFaults } from "./form.js";

const seconds = "seconds or 2m";
/** What is allowed, in words; the server has the last one. */
const hints = {
  upstream: "http://host:port", maxSockets: "1 to 1,000,000", maxFreeSockets: "0 to 1,000,000",
  freeSocketTimeout: `${seconds}; to 24h`, timeout: `${seconds}; to 24h`,
  socketActiveTTL: `${seconds}; empty: none`, maxRequestsPerSocket: "1 to 1,000,000,000; empty: none",
  connectTimeout: `${seconds}; to 1h`, maxPending: "0 to 1,000,000", pendingTimeout: `${seconds}; to 1h`,
  keepAliveProbe: `${seconds}; 1s to 1h`, retry: "a stale socket's request once more, when safe",
  scheduling: "which free socket is used next",
};
const choices = { scheduling: ["lifo", "fifo"] };
/** Set elsewhere on the card. */
const others = ["name", "status", "mode", "split"];

/** What a field says, as JSON. */
function read(input, before) {
  if (input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  if (Array.isArray(before)) return text.split(/[\s,]+/).filter((part) => part !== "");
  if (text === "") return null;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Shows the settings of `card`'s agent in `host`; what it returns brings them up to date. */
export function open(card, host) {
  const inputs = new Map();
  const save = h("button", { class: "main" }, "Save");
  const undo = h("button", { type: "reset" }, "Discard");
  const form = h("form", { class: "fields", novalidate: true, "aria-label": `Settings of agent ${card.name}` });
  const names = [...Object.keys(hints).filter((name) => name in card.agent),
    ...Object.keys(card.agent).filter((name) => !(name in hints) && !others.includes(name))];
  let base = {};
  for (const name of names) {
    const value = card.agent[name];
    const input = choices[name] ? select(choices[name], value)
      : typeof value === "boolean" ? h("input", { type: "checkbox" }) : h("input", { autocomplete: "off" });
    inputs.set(name, input);
    form.append(field(name, input, `/${name}`, hints[name]));
  }
  const end = h("div", { class: "end" }, save, undo);
  form.append(end);
  host.append(form);

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const changes = () => Object.fromEntries([...inputs].map(([name, input]) => [name, read(input, base[name])])
    .filter(([name, value]) => !same(value, base[name] ?? null)));

  function fill() {
    base = card.agent;
    for (const [name, input] of inputs) {
      if (input.type === "checkbox") input.checked = base[name];
      else input.value = [base[name] ?? ""].flat().join(" ");
    }
    clearFaults(form);
    mark();
  }

  function mark() {
    const changed = changes();
    for (const [name, input] of inputs) input.classList.toggle("changed", name in changed);
    save.disabled = undo.disabled = Object.keys(changed).length === 0;
  }

  form.addEventListener("input", mark);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    fill();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(save, end, () => withFaults(form, async () => {
      const patch = changes();
      const moved = Object.keys(patch).find((name) => !same(base[name], card.agent[name]));
      if (moved) throw new Problem(`${moved} was changed elsewhere meanwhile. Discard, then set it again.`);
      await card.patch(patch);
      fill();
      say(`${Object.keys(patch).join(", ")} of agent ${card.name} saved.`);
    }));
  });

  fill();
  // What is being edited stays, whatever the others do.
  return () => save.disabled && !form.contains(document.activeElement) && fill();
}
