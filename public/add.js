// A new agent.

import { request } from "./api.js";
import { attempt, button, h, say } from "./dom.js";
import { field, select, withFaults } from "./form.js";

/** Opens the form in `host`, or closes it. @param {HTMLElement} opener the button that did. */
export function toggle(opener, host) {
  host.hidden = !host.hidden;
  opener.setAttribute("aria-expanded", String(!host.hidden));
  if (host.hidden) return host.replaceChildren();
  const name = h("input", { autocomplete: "off", required: true });
  const upstream = h("input", { autocomplete: "off", required: true, placeholder: "http://127.0.0.1:8080" });
  const mode = select(["keepalive", "normal"], "keepalive");
  const save = h("button", { class: "main" }, "Add it");
  const close = () => {
    toggle(opener, host);
    opener.focus();
  };
  const end = h("div", { class: "end" }, save, button("Cancel", close));
  const form = h("form", { class: "card fields", novalidate: true, "aria-label": "New agent" },
    field("Name", name, "/name"), field("Upstream", upstream, "/upstream"), field("Mode", mode, "/mode"), end);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { name: name.value.trim(), upstream: upstream.value.trim(), mode: mode.value };
    const isDone = await attempt(save, end, () => withFaults(form, () => request("agents", { method: "POST", body })));
    if (!isDone) return;
    say(`Agent ${body.name} is there. It takes requests when a route names it.`);
    close();
  });
  host.append(form);
  name.focus();
}
