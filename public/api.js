// Requests to the admin API and its event stream. Nothing here knows the page.

const base = new URL("api/v1/", document.baseURI);

/** How long a request may take before the page says so. */
const requestTimeout = 10_000;

/** An answer of the API that is not a success, or none at all, in words that can be shown as they are. */
export class Problem extends Error {
  /** @param {string} message in words. @param {number} status the HTTP status, or 0 without an answer. */
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Reads problem details (RFC 9457); a body of another kind leaves only the status to speak of. */
  static of(status, body) {
    const faults = Array.isArray(body?.errors) ? body.errors : [];
    const words = faults
      .filter((fault) => typeof fault?.detail === "string")
      .map((fault) => `${String(fault.pointer ?? "").replace(/^[#/]+/, "")} ${fault.detail}`.trim());
    const text = [body?.detail ?? body?.title, ...words].filter((part) => typeof part === "string" && part !== "");
    return new Problem(text.join(" ") || `The admin server answered ${status}.`, status);
  }
}

/**
 * Asks the API and reads its JSON.
 * @param {string} path below `/api/v1/`.
 * @param {RequestInit} options of `fetch`.
 * @returns {Promise<{body: any, etag: string | null}>} the reply; throws a `Problem` for anything but a success.
 */
export async function request(path, options = {}) {
  let response;
  let text;
  try {
    response = await fetch(new URL(path, base), {
      cache: "no-store", signal: AbortSignal.timeout(requestTimeout), ...options,
    });
    text = await response.text();
  } catch (error) {
    const late = error?.name === "TimeoutError";
    throw new Problem(late ? "The admin server has not answered for 10 s." : "The admin server cannot be reached.", 0);
  }
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    if (response.ok) throw new Problem("The admin server answered with something that is not JSON.", response.status);
  }
  if (!response.ok) throw Problem.of(response.status, body);
  return { body, etag: response.headers.get("ETag") };
}

/**
 * Changes settings of an agent, if they still are what the page shows.
 * @param {string} name of the agent. @param {object} patch a merge patch (RFC 7396). @param {string} etag of the state
 * that the patch rests on.
 */
export function patchAgent(name, patch, etag) {
  return request(`agents/${encodeURIComponent(name)}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/merge-patch+json", "If-Match": etag },
    body: JSON.stringify(patch),
  });
}

/** Without an event for this long the stream counts as lost: samples come each second. */
const silenceMax = 4_000;
/** A stream that has not brought its first event by then is given up: a busy server may be slow to accept. */
const openingMax = 8_000;
/** Seconds until the next attempt, the last one again and again. */
const retryDelays = [3, 3, 5, 10];

/**
 * The event stream, kept open for as long as the page is. After a broken connection the browser comes back by itself
 * and names the last event it saw, so that nothing is missed; but it neither notices a connection that went silent nor
 * gets over a refusal (503), so these are begun anew from here.
 */
export class EventStream {
  #source = null;
  #attempts = 0;
  #lastSign = 0;
  #retryAt = 0;
  #state = "connecting";
  #resumes = false;

  /**
   * @param {string[]} types of events to ask for.
   * @param {(type: string, value: any) => void} onEvent is given each event.
   * @param {(state: "connecting" | "live" | "lost" | "retrying", seconds: number, resumed: boolean) => void} onState is
   * told each change, while the stream is lost the seconds until the next attempt, and whether what was missed follows.
   */
  constructor(types, onEvent, onState) {
    this.types = types;
    this.onEvent = onEvent;
    this.onState = onState;
  }

  /** Starts; never ends by itself. */
  start() {
    this.#open();
    setInterval(() => this.#watch(), 500);
    // Back online or back from sleep there is no reason to sit out the delay.
    addEventListener("online", () => this.#state === "lost" && this.#open());
  }

  #open() {
    this.#source?.close();
    this.#resumes = false;
    const source = new EventSource(new URL(`events?types=${this.types.join(",")}`, base));
    this.#source = source;
    this.#lastSign = performance.now();
    this.#tell(this.#attempts === 0 ? "connecting" : "retrying", 0);
    for (const type of this.types) {
      source.addEventListener(type, (event) => source === this.#source && this.#received(type, event.data));
    }
    source.addEventListener("error", () => source === this.#source && this.#lose());
  }

  #received(type, data) {
    this.#lastSign = performance.now();
    this.#attempts = 0;
    if (this.#state !== "live") this.#tell("live", 0);
    let value;
    try {
      value = JSON.parse(data);
    } catch {
      return; // A broken event is skipped; the next sample says the same better.
    }
    if (value !== null && typeof value === "object") this.onEvent(type, value);
  }

  #lose() {
    // Only a silent or refused stream has to be replaced; a broken one is on its way back already.
    this.#resumes = this.#source?.readyState === EventSource.CONNECTING && this.#state !== "connecting";
    if (!this.#resumes) {
      this.#source?.close();
      this.#source = null;
    }
    const delay = retryDelays[Math.min(this.#attempts, retryDelays.length - 1)];
    this.#attempts += 1;
    this.#retryAt = performance.now() + delay * 1000;
    this.#tell("lost", delay);
  }

  #watch() {
    const now = performance.now();
    if (this.#state === "lost") {
      if (now >= this.#retryAt && this.#resumes) this.#attend();
      else if (now >= this.#retryAt) this.#open();
      else this.#tell("lost", Math.ceil((this.#retryAt - now) / 1000));
    } else if (now - this.#lastSign > (this.#state === "live" ? silenceMax : openingMax)) {
      this.#lose();
    }
  }

  /** Waits for the browser's own attempt. */
  #attend() {
    this.#lastSign = performance.now();
    this.#tell("retrying", 0);
  }

  #tell(state, seconds) {
    this.#state = state;
    this.onState(state, seconds, this.#resumes);
  }
}
