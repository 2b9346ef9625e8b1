// The routing table, edited as a whole.

import { request } from "./api.js";
import { attempt, button, explain, h, say } from "./dom.js";
import { clearFaults, select, withFaults } from "./form.js";

let notes = 0;

/** Shows the routes in `host`; what it returns takes changes. @param {() => string[]} agents their names. */
export function open(host, agents) {
  const body = h("tbody");
  const save = h("button", { class: "main" }, "Save routes");
  const discard = button("Discard", () => read());
  const place = h("div", { class: "end" }, button("Add route", () => {
    body.append(row({ prefix: "/", agent: agents()[0] }));
    body.lastElementChild.querySelector("input").focus();
    mark();
  }), save, discard);
  const heads = ["Host", "Prefix", "Strip", "Agent"].map((name) => h("th", { scope: "col" }, name));
  const form = h("form", { novalidate: true, "aria-label": "Routes" },
    h("table", {}, h("thead", {}, h("tr", {}, heads, h("td"))), body), h("p", { class: "none" },
      "The longest prefix wins, a matching host before none. Without routes all goes to the agent named default."),
  place);
  host.append(form);
  let etag = null;
  let saved = "";

  function row({ host: name, prefix, stripPrefix, agent }) {
    notes += 1;
    const note = h("small", { id: `route-${notes}`, "data-hint": "" });
    const names = agents().includes(agent) ? agents() : [...agents(), agent ?? ""];
    const cells = {
      host: h("input", { value: name ?? "", placeholder: "any", "aria-label": "Host" }),
      prefix: h("input", { value: prefix, "aria-label": "Prefix" }),
      stripPrefix: h("input", { type: "checkbox", checked: stripPrefix === true, "aria-label": "Strip" }),
      agent: select(names, agent, { "aria-label": "Agent" }),
    };
    for (const [name, input] of Object.entries(cells)) {
      input.dataset.member = name;
      input.setAttribute("aria-describedby", note.id);
    }
    const line = h("tr", {}, Object.values(cells).map((cell) => h("td", {}, cell)), h("td", {},
      button("\u2715", () => {
        (line.nextElementSibling ?? line.previousElementSibling)?.querySelector("button").focus();
        line.remove();
        mark();
      }, { "aria-label": "Remove this route" }), note));
    return line;
  }

  const value = () => [...body.children].map((line) => {
    const route = {};
    for (const input of line.querySelectorAll("[data-member]")) {
      const { member } = input.dataset;
      const content = input.type === "checkbox" ? input.checked : input.value.trim();
      if (member !== "host" || content !== "") route[member] = content;
    }
    return route;
  });

  function mark() {
    save.disabled = discard.disabled = JSON.stringify(value()) === saved;
  }

  function show(routes) {
    clearFaults(form);
    body.replaceChildren(...routes.map(row));
    saved = JSON.stringify(value());
    mark();
  }

  async function read() {
    try {
      const reply = await request("routes");
      etag = reply.etag;
      show(reply.body.routes);
    } catch (error) {
      body.replaceChildren(h("tr", {}, h("td", { colspan: 5 }, explain(error))));
    }
  }

  form.addEventListener("input", mark);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    [...body.children].forEach((line, index) => {
      for (const input of line.querySelectorAll("[data-member]")) {
        input.dataset.pointer = `/routes/${index}/${input.dataset.member}`;
      }
    });
    attempt(save, place, () => withFaults(form, async () => {
      const reply = await request("routes", { method: "PUT", body: { routes: value() }, etag });
      etag = reply.etag;
      show(reply.body.routes);
      say("The routes are saved.");
    }));
  });
  read();
  // What is being edited stays; saving it is refused then, since the version is no longer that one.
  return ({ what }) => save.disabled && (what === "routes" || what?.startsWith("agent")) && read();
}
