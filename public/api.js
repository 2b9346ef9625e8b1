// Requests to the admin API and its event stream. Nothing here knows the page.

const base = new URL("api/v1/", document.baseURI);
const requestTimeout = 10_000;
const tokenKey = "sluice-token";
let asking = null;

/** Asks for a token; null when there is to be none. Whoever else needs one waits for the same answer. */
function askForToken(why) {
  asking ??= import("./dom.js").then(({ load }) => load("token")).then(({ ask }) => ask(why))
    .finally(() => { asking = null; });
  return asking;
}

/** Where an agent is found, below `/api/v1/`. */
export const agentPath = (name) => `agents/${encodeURIComponent(name)}`;

/** An answer of the API that is not a success, or none at all, in words that can be shown as they are. */
export class Problem extends Error {
  /** @param {number} status 0 without an answer. @param {{pointer?: string, detail: string}[]} faults of the input. */
  constructor(message, status = 0, faults = []) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

/** Reads problem details (RFC 9457); a body of another kind leaves only the status to speak of. */
function problemOf(status, body) {
  const faults = (Array.isArray(body?.errors) ? body.errors : []).filter((fault) => typeof fault?.detail === "string");
  const text = [body?.detail ?? body?.title,
    ...faults.map(({ pointer, detail }) => `${String(pointer ?? "").replace(/^[#/]+/, "")} ${detail}`.trim())];
  const words = text.filter((part) => typeof part === "string" && part !== "").join(" ");
  return new Problem(words || `The admin server answered ${status}.`, status, faults);
}

/** Fetches; when a token is asked for, or a better one, asks for it in turn, and tries again. */
async function open(path, options) {
  for (;;) {
    const token = sessionStorage.getItem(tokenKey);
    const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
    const signal = options.signal ?? AbortSignal.timeout(requestTimeout);
    const response = await fetch(new URL(path, base), { cache: "no-store", ...options, headers, signal });
    const isReadOnly = response.status === 403 && (await response.clone().text()).includes("read-only-token");
    if (response.status !== 401 && !isReadOnly) return response;
    // Another request may have asked meanwhile.
    if (sessionStorage.getItem(tokenKey) !== token) continue;
    const next = await askForToken(isReadOnly ? "This token may only read: to change something takes another one."
      : token === null ? "The admin server asks for a token." : "The admin server does not accept this token.");
    if (next === null) return response;
    sessionStorage.setItem(tokenKey, next);
  }
}

/**
 * Asks the API and reads its JSON.
 * @param {string} path below `/api/v1/`.
 * @param {{method?: string, body?: any, etag?: string}} what to do; with `etag` only if it still holds.
 * @returns {Promise<{body: any, etag: string | null, status: number}>} throws a `Problem` for anything but a success.
 */
export async function request(path, { method = "GET", body: content, etag } = {}) {
  const options = { method, headers: {} };
  if (etag) options.headers["If-Match"] = etag;
  if (content !== undefined) {
    options.body = JSON.stringify(content);
    options.headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  }
  let response;
  let text;
  try {
    response = await open(path, options);
    text = await response.text();
  } catch (error) {
    const late = error?.name === "TimeoutError";
    throw new Problem(late ? "The admin server has not answered for 10 s." : "The admin server cannot be reached.");
  }
  let body = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new Problem("The admin server answered with something that is not JSON.", response.status);
  }
  if (!response.ok) throw problemOf(response.status, body);
  return { body, etag: response.headers.get("ETag"), status: response.status };
}

/** Milliseconds without a byte after which the stream counts as lost, or as refused while it opens. */
const silenceMax = 4_000;
const openingMax = 8_000;
/** Seconds until the next attempt, the last one again and again. */
const retryDelays = [2, 3, 5, 10];

/**
 * The event stream, kept open for as long as the page is; it names the last event it saw, so that the server goes on
 * from there. Read with `fetch`, since an `EventSource` can neither carry a token nor notice that all is silent.
 */
export class EventStream {
  #attempts = 0;
  #lastSign = 0;
  #lastID = null;
  #state = "";
  #abort = null;
  #retry = null;

  /**
   * @param {string[]} types of events. @param {(type: string, value: any) => void} onEvent is given each.
   * @param {(state: "connecting" | "live" | "lost" | "retrying", seconds: number) => void} onState is told each change,
   * and while the stream is lost the seconds until the next attempt.
   */
  constructor(types, onEvent, onState) {
    Object.assign(this, { types, onEvent, onState });
  }

  /** Follows the stream for ever. */
  async start() {
    setInterval(() => this.#watch(), 500);
    // Back online there is no reason to sit out the delay.
    addEventListener("online", () => this.#retry?.());
    for (;;) {
      await this.#follow().catch(() => {});
      const delay = retryDelays[Math.min(this.#attempts, retryDelays.length - 1)];
      this.#attempts += 1;
      await this.#pause(delay);
    }
  }

  async #follow() {
    this.#abort = new AbortController();
    this.#lastSign = performance.now();
    this.#tell(this.#attempts === 0 ? "connecting" : "retrying");
    const headers = this.#lastID === null ? {} : { "Last-Event-ID": this.#lastID };
    const { signal } = this.#abort;
    const response = await open(`events?types=${this.types.join(",")}`, { headers, signal });
    if (!response.ok) throw problemOf(response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#lastSign = performance.now();
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) this.#receive(event);
    }
  }

  #receive(event) {
    const fields = {};
    for (const line of event.split("\n")) {
      const at = line.indexOf(":");
      if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, "");
    }
    if (fields.id) this.#lastID = fields.id;
    if (!fields.data) return;
    this.#attempts = 0;
    if (this.#state !== "live") this.#tell("live");
    let value;
    try {
      value = JSON.parse(fields.data);
    } catch {
      return; // A broken event is skipped; the next sample says the same better.
    }
    if (value !== null && typeof value === "object") this.onEvent(fields.event, value);
  }

  async #pause(seconds) {
    const until = performance.now() + seconds * 1000;
    await new Promise((resolve) => {
      this.#retry = resolve;
      const count = () => {
        const left = Math.ceil((until - performance.now()) / 1000);
        if (left <= 0) return resolve();
        this.#tell("lost", left);
        setTimeout(count, 500);
      };
      count();
    });
    this.#retry = null;
  }

  #watch() {
    const limit = this.#state === "live" ? silenceMax : openingMax;
    if (!asking && performance.now() - this.#lastSign > limit) this.#abort?.abort();
  }

  #tell(state, seconds = 0) {
    this.#state = state;
    this.onState(state, seconds);
  }
}
