// Fields with their faults where they are.

import { Problem } from "./api.js";
import { h, id } from "./dom.js";

let fields = 0;

/** A label, a field that answers to the JSON pointer of its value, what is allowed, and a place for its fault. */
export function field(label, input, pointer, hint = "") {
  fields += 1;
  input.id = `field-${fields}`;
  input.dataset.pointer = pointer;
  input.setAttribute("aria-describedby", `note-${fields}`);
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input,
    h("small", { id: `note-${fields}`, "data-hint": hint }, hint));
}

/** A choice of `options`. */
export const select = (options, value, more = {}) =>
  h("select", more, options.map((option) => h("option", { selected: option === value }, option)));

/** Forgets all faults of `form`. */
export function clearFaults(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    const note = id(input.getAttribute("aria-describedby"));
    if (note) note.textContent = note.dataset.hint;
  }
}

/** Runs `action`; faults of a `Problem` are shown at the fields they point to, all others are thrown on. */
export async function withFaults(form, action) {
  clearFaults(form);
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const rest = error.faults.filter(({ pointer = "", detail }) => {
      const inputs = [...form.querySelectorAll("[data-pointer]")];
      // A fault deep inside of a value belongs to the value.
      const input = inputs.find(({ dataset }) => `${pointer}/`.replace(/^#/, "").startsWith(`${dataset.pointer}/`));
      if (!input) return true;
      input.setAttribute("aria-invalid", "true");
      const note = id(input.getAttribute("aria-describedby"));
      if (note) note.textContent = detail;
      return false;
    });
    form.querySelector("[aria-invalid]")?.focus();
    if (error.faults.length === 0 || rest.length > 0) throw error;
    throw new Problem("Not saved: see the marked fields.", error.status);
  }
}
