// What all modules need of the document.

import { Problem } from "./api.js";

export const id = (name) => document.getElementById(name);

/** An element: `onclick` and its like are listeners, booleans come and go, null is left out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(key, value);
    else if (value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat());
  return node;
}

/** Writes only what differs: most figures stay as they are. */
export function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Tells a screen reader what was done. */
export const say = (words) => write(id("announcement"), words);

export const button = (words, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, words);

let style = null;

/** A module that is not needed at once, after the style of all those. */
export async function load(name) {
  if (name !== "sockets") {
    style ??= new Promise((resolve) => {
      document.head.append(h("link", { rel: "stylesheet", href: "panels.css", onload: resolve, onerror: resolve }));
    });
    await style;
  }
  return import(`./${name}.js`);
}

/** A fault in words. */
export function explain(error) {
  if (!(error instanceof Problem)) throw error;
  const hint = error.status === 412 ? " It was changed elsewhere meanwhile: look again, then repeat it." : "";
  return `${error.message}${hint}`;
}

/**
 * Does what a control asks for; it is busy meanwhile, and what goes wrong is told at the end of `place`.
 * @returns {Promise<boolean>} whether it was done.
 */
export async function attempt(control, place, action) {
  if (control.getAttribute("aria-busy") === "true") return false;
  place.querySelector(":scope > .fault")?.remove();
  control.setAttribute("aria-busy", "true");
  try {
    await action();
    return true;
  } catch (error) {
    const fault = h("div", { class: "fault", role: "alert" });
    place.append(fault);
    fault.append(h("p", {}, explain(error)), button("Dismiss", () => {
      fault.remove();
      control.focus();
    }));
    return false;
  } finally {
    control.setAttribute("aria-busy", "false");
  }
}

/** A value in words. */
export function words(value) {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return value.map(words).join(", ") || "none";
  if (value.prefix) return `${value.host ?? ""}${value.prefix} \u2192 ${value.agent}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
