// Asks for the token that the admin server wants. It is kept for as long as the tab is.

import { h } from "./dom.js";

/** @param {string} why in words. @returns {Promise<string | null>} what was entered; null when it was put off. */
export function ask(why) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
    const dialog = h("dialog", { "aria-labelledby": "token-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "token-title" }, "Token"), h("p", {}, why),
        h("label", { for: "token" }, "Token"), input, h("button", { class: "main", value: "use" }, "Use it")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "use" ? input.value : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
