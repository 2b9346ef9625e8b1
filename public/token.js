// Asks for the token that the admin server wants. It is kept for as long as the tab is.

import { h } from "./dom.js";

/** @param {boolean} again whether one was refused. @returns {Promise<string>} what was entered. */
export function ask(again) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
    const dialog = h("dialog", { "aria-labelledby": "token-title", oncancel: (event) => event.preventDefault() },
      h("form", { method: "dialog" },
        h("h2", { id: "token-title" }, "Token"),
        h("p", {}, again ? "The admin server does not accept this token." : "The admin server asks for a token.",
          " One for reading shows everything; one for changing is needed to change something."),
        h("label", { for: "token" }, "Token"), input, h("button", { class: "main" }, "Use it")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(input.value);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
