// Each open socket of an agent as a cell: colored by state, a free one filled as far as its time is left.

import { agentPath, request } from "./api.js";
import { attempt, button, explain, h, say, write } from "./dom.js";
import { bytes, count, stretch, text } from "./figures.js";

/** Cells at most; beyond it only the number is told. */
const cellsMax = 1_000;
/** Hollow cells for what `maxSockets` still allows, while there are not too many. */
const seatsMax = 256;

/** Shows the sockets of `card`'s agent in `host`; what it returns brings them up to date. */
export function open(card, host) {
  const path = `${agentPath(card.name)}/sockets`;
  const grid = h("div", { class: "grid", role: "listbox", tabindex: 0, "aria-label": `Sockets of agent ${card.name}` });
  const readout = h("p", {});
  const close = button("Close it", () => attempt(close, host, async () => {
    await request(`${path}/${chosen}`, { method: "DELETE" });
    say("It is closed after its request.");
    update();
  }), { hidden: true });
  host.append(grid, h("div", { class: "readout" }, readout, close));

  const cells = new Map(); // By the socket's id.
  let rows = new Map();
  let chosen = null; // The id that was clicked or moved to; one that is only pointed at comes before it.
  let pointed = null;
  let busy = false;

  function tell() {
    const row = rows.get(pointed ?? chosen);
    close.hidden = !rows.has(chosen);
    write(readout, row ? `Socket ${row.id}, ${row.state}: ${stretch(row.age)} old, `
      + `${text(count(row.requests))} requests, `
      + (row.state === "free" ? `idle for ${stretch(row.idle)}, ` : "")
      + `${bytes(row.bytesReceived)} received, ${bytes(row.bytesSent)} sent, local port ${row.localPort}, `
      + `thread ${row.thread}.` : chosen !== null ? "This socket is closed." : summary());
    for (const [id, cell] of cells) cell.setAttribute("aria-selected", String(id === chosen));
    const cell = cells.get(chosen);
    if (cell) {
      cell.setAttribute("aria-label", readout.textContent);
      grid.setAttribute("aria-activedescendant", cell.id);
    } else grid.removeAttribute("aria-activedescendant");
  }

  const summary = () =>
    (rows.size === 0 ? "No socket is open." : `${rows.size} open. Point at one, or use the arrow keys.`);

  async function update() {
    if (busy) return;
    busy = true;
    try {
      const { body } = await request(`${path}?limit=${cellsMax}`);
      rows = new Map(body.sockets.map((row) => [row.id, row]));
      draw(body.next !== null);
    } catch (error) {
      write(readout, explain(error));
    }
    busy = false;
  }

  function draw(isMore) {
    const spare = [];
    for (const [id, cell] of cells) {
      if (rows.has(id)) continue;
      cells.delete(id);
      spare.push(cell);
    }
    const { freeSocketTimeout, maxSockets } = card.agent;
    for (const [id, row] of rows) {
      let cell = cells.get(id);
      if (!cell) {
        cell = spare.shift() ?? grid.insertBefore(h("i", { role: "option" }), grid.querySelector(".seat"));
        cell.id = `socket-${card.name}-${id}`;
        cell.dataset.socket = id;
        cells.set(id, cell);
      }
      cell.className = row.state;
      cell.setAttribute("aria-label", `socket ${id}, ${row.state}`);
      const left = row.state === "free" ? Math.max(0.12, 1 - row.idle / freeSocketTimeout) : 1;
      cell.style.setProperty("--left", `${Math.round(left * 100)}%`);
    }
    for (const cell of spare) cell.remove();
    const seats = maxSockets <= seatsMax ? Math.max(0, maxSockets - rows.size) : 0;
    const hollow = grid.getElementsByClassName("seat");
    while (hollow.length > seats) hollow[0].remove();
    while (hollow.length < seats) grid.append(h("i", { class: "seat", "aria-hidden": "true" }));
    grid.classList.toggle("many", rows.size + seats > 300);
    tell();
    if (isMore) write(readout, `${readout.textContent} Only the first ${cellsMax} are shown.`);
  }

  function move(event) {
    const ids = [...grid.querySelectorAll("[data-socket]")].map((cell) => cell.dataset.socket);
    const wide = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -1e6, End: 1e6 };
    if (!(event.key in steps) || ids.length === 0) return;
    event.preventDefault();
    const at = ids.indexOf(chosen);
    chosen = ids[at < 0 ? 0 : Math.min(Math.max(at + steps[event.key], 0), ids.length - 1)];
    tell();
  }

  const point = (target) => {
    pointed = target?.dataset.socket ?? null;
    tell();
  };
  grid.addEventListener("pointerover", ({ target }) => point(target));
  grid.addEventListener("pointerleave", () => point(null));
  grid.addEventListener("click", ({ target }) => {
    chosen = target.dataset.socket ?? null;
    tell();
  });
  grid.addEventListener("keydown", move);
  return update;
}
