// What the observed traffic says about the settings.

import { agentPath, request } from "./api.js";
import { attempt, button, explain, h, say, words } from "./dom.js";

/** Samples from one reading to the next. */
const period = 5;

/** Shows the advice for `card`'s agent in `host`; what it returns brings it up to date. */
export function open(card, host) {
  const list = h("ul", { class: "advice" });
  host.append(list);
  let ticks = 0;
  let shown = "";

  function entry({ setting, current, value, confidence, sentence, evidence, patch }) {
    const item = h("li", {},
      h("h4", {}, `${setting} `,
        h("b", {}, value === null ? words(current) : `${words(current)} \u2192 ${words(value)}`),
        h("span", { class: "tag", "data-confidence": confidence },
          confidence === "none" ? "no evidence yet" : `${confidence} confidence`)),
      h("p", {}, sentence));
    const apply = button(`Apply ${setting} ${words(value)}`, () => attempt(apply, item, async () => {
      await card.patch(patch);
      say(`${setting} is ${words(value)} now.`);
      ticks = 0;
      update();
    }), { class: "main" });
    if (patch) item.append(apply);
    const figures = Object.entries(evidence ?? {});
    if (figures.length > 0) {
      item.append(h("details", {}, h("summary", {}, "Evidence"), h("dl", {}, figures.map(([name, figure]) =>
        h("div", {}, h("dt", {}, name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)),
          h("dd", {}, typeof figure === "number" ? String(Number(figure.toPrecision(4))) : words(figure)))))));
    }
    return item;
  }

  async function update() {
    if (ticks++ % period !== 0) return;
    try {
      const { body } = await request(`${agentPath(card.name)}/advice`);
      // What did not change stays as it is: someone may be reading or pressing it.
      if (shown === JSON.stringify(body.advice) || list.querySelector("[aria-busy=true], .fault, [open]")) return;
      shown = JSON.stringify(body.advice);
      const focused = list.contains(document.activeElement) && document.activeElement.textContent;
      list.replaceChildren(...body.advice.map(entry));
      if (focused) [...list.querySelectorAll("button, summary")].find((node) => node.textContent === focused)?.focus();
    } catch (error) {
      list.replaceChildren(h("li", {}, explain(error)));
      shown = "";
    }
  }
  return update;
}
