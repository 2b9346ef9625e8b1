// The configuration file: which, how its last reading went, what differs from it by now.

import { request } from "./api.js";
import { attempt, button, explain, h, say, words } from "./dom.js";
import { timeOfDay } from "./figures.js";

/** Shows it in `host`; what it returns brings it up to date. */
export function open(host) {
  const content = h("div");
  const place = h("div", { class: "end" });
  const reload = button("Read the file again", () => attempt(reload, place, async () => {
    const { body } = await request("config/reload", { method: "POST", body: {} });
    const changes = body.changes ?? [];
    say(`Read again, ${changes.length} changes.`);
    await update();
    content.append(h("p", {}, changes.length === 0 ? "Nothing in it differs from what runs." : "Changed: "
      + changes.map(({ agent, setting, before, after }) =>
        `${agent ? `${agent} ` : ""}${setting} ${words(before)} \u2192 ${words(after)}`).join("; ")));
  }));
  host.append(content, place);

  const fault = ({ line, column, pointer, detail }) => h("li", {},
    h("b", {}, line ? `Line ${line}${column ? `:${column}` : ""} ` : ""), h("code", {}, pointer ?? ""), ` ${detail}`);

  async function update() {
    let status;
    try {
      status = (await request("config")).body.status ?? {};
    } catch (error) {
      return content.replaceChildren(h("p", { class: "none" }, explain(error)));
    }
    const { file, lastReload, sources = {} } = status;
    const own = Object.entries(sources).filter(([, source]) => source === "api").map(([pointer]) => pointer);
    content.replaceChildren(
      h("p", {}, file ? h("code", {}, file) : "No file: flags, environment and this page say everything."),
      lastReload ? h("p", { class: lastReload.successful ? "none" : "bad" },
        `${lastReload.successful ? "In force since its reading at" : "Refused at"} `
        + timeOfDay(Date.parse(lastReload.time)) + (lastReload.successful ? "." : "; what ran before goes on.")) : "",
      h("ul", {}, (lastReload?.errors ?? []).map(fault)),
      own.length === 0 ? "" : h("details", {},
        h("summary", {}, `${own.length} ${own.length === 1 ? "value" : "values"} set here and not in the file`),
        h("ul", {}, own.map((pointer) => h("li", {}, h("code", {}, pointer))))),
    );
    reload.remove();
    if (file) place.prepend(reload);
  }
  update();
  return update;
}
