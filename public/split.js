// The share of requests that go in the other mode, and what the comparison of both says.

import { agentPath, request } from "./api.js";
import { attempt, explain, h, write } from "./dom.js";
import { bytes, count, latency, text } from "./figures.js";

const modes = ["keepalive", "normal"];
const quantiles = ["p50", "p90", "p99"];
const seconds = (number) => text(latency(number));

/** Shows the split of `card`'s agent in `host`; what it returns brings it up to date. */
export function open(card, host) {
  const slider = h("input", { type: "range", min: 0, max: 100, id: `split-${card.name}` });
  const share = h("output", { for: slider.id });
  const sentence = h("p", { class: "sentence" });
  const figures = h("div", { class: "intervals" });
  const table = h("table");
  const place = h("div", {}, h("label", { class: "slide", for: slider.id }, "In the other mode", slider, share));
  host.append(place, sentence, figures, table);
  let busy = false;
  let moving = false;
  let timer = 0;
  let wanted = null; // Set once more while the change before is on its way.

  const tell = () => {
    const other = modes.find((mode) => mode !== card.agent.mode);
    write(share, `${slider.value} %`);
    slider.setAttribute("aria-valuetext", `${slider.value} % of the requests in mode ${other}`);
  };
  slider.addEventListener("input", () => {
    moving = true;
    tell();
  });
  async function commit() {
    const isOnItsWay = wanted !== null;
    wanted = Number(slider.value);
    if (isOnItsWay) return;
    await attempt(slider, place, async () => {
      for (let sent = null; sent !== wanted; await card.patch({ split: sent })) sent = wanted;
    });
    wanted = null;
    moving = false;
    update();
  }
  // Each key press is a change; a run of them is meant as one.
  slider.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(commit, 400);
  });

  /** Both modes at one quantile: a bar each up to the figure, and a whisker over its 95 % interval. */
  function row(name, body, top) {
    const difference = body.difference?.[name];
    const at = (value) => `${Math.min(100, (value / top) * 100).toFixed(2)}%`;
    const bars = modes.map((mode) => {
      const figure = body.modes[mode].latency[name];
      const [bar, whisker] = [h("i"), h("i", { class: "whisker" })];
      if (figure) {
        bar.style.width = at(figure.value);
        whisker.style.left = at(figure.lower);
        whisker.style.width = `calc(${at(figure.upper)} - ${at(figure.lower)})`;
      }
      const [low, high] = [latency(figure?.lower), latency(figure?.upper)];
      const range = figure ? ` ${low.unit === high.unit ? low.value : text(low)}\u2013${text(high)}` : "";
      return h("div", { class: "lane", "data-mode": mode },
        h("span", {}, mode), h("div", {}, bar, whisker),
        h("span", {}, h("b", {}, seconds(figure?.value)), h("small", {}, range)));
    });
    // While the interval spans zero the difference may be chance.
    const isSure = difference && difference.lower * difference.upper > 0;
    return h("section", {}, h("h4", {}, name, h("span", {}, isSure
      ? `normal ${seconds(Math.abs(difference.value))} ${difference.value < 0 ? "sooner" : "later"}`
      : "no sure difference")), bars);
  }

  function draw(body) {
    write(sentence, body.sentence ?? "");
    sentence.dataset.verdict = body.verdict;
    const both = body.modes ? modes.map((mode) => body.modes[mode]) : [];
    const top = Math.max(...both.flatMap((mode) => quantiles.map((name) => mode.latency[name]?.upper ?? 0)));
    figures.replaceChildren(...(top > 0 ? quantiles.map((name) => row(name, body, top)) : []));
    const lines = {
      requests: (mode) => text(count(mode.requests)), errors: (mode) => text(count(mode.errors)),
      sockets: (mode) => text(count(mode.sockets)), "connect, mean": (mode) => seconds(mode.connect?.mean),
      received: (mode) => bytes(mode.bytesReceived), sent: (mode) => bytes(mode.bytesSent),
    };
    table.replaceChildren(...(both.length === 0 ? [] : [
      h("tr", {}, h("td"), modes.map((mode) => h("th", { scope: "col" }, mode))),
      ...Object.entries(lines).map(([name, write]) =>
        h("tr", {}, h("th", { scope: "row" }, name), both.map((mode) => h("td", {}, write(mode))))),
    ]));
  }

  async function update() {
    if (!moving) slider.value = card.agent.split ?? 0;
    tell();
    if (busy) return;
    busy = true;
    try {
      draw((await request(`${agentPath(card.name)}/comparison`)).body);
    } catch (error) {
      write(sentence, explain(error));
    }
    busy = false;
  }
  return update;
}
