// The last samples of an agent, in as much memory as on the first day: the oldest makes room for the newest.

/** What is kept of a sample. */
const columns = ["requests", "created", "closed", "connecting", "active", "free", "pending", "p50", "p99"];

/** A ring of samples. */
export class Series {
  #next = 0;
  length = 0;

  /** @param {number} capacity samples kept. */
  constructor(capacity) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.columns = new Map(columns.map((name) => [name, new Float32Array(capacity)]));
  }

  /** Begins anew with what the server remembers. @param {number} start in milliseconds. @param {number} step too. */
  fill(start, step, history) {
    this.length = 0;
    const rows = history.requests?.length ?? 0;
    for (let row = 0; row < rows; row += 1) {
      // What lies before the first sample is nothing to show.
      if (this.length > 0 || history.requests[row] !== null) {
        this.push(start + row * step, (name) => history[name]?.[row]);
      }
    }
  }

  /**
   * Adds a sample at `time` (milliseconds). One that is not newer is dropped; a clock set back by more than a little
   * starts afresh.
   */
  push(time, value) {
    const last = this.end;
    if (time <= last) {
      if (last - time < 10_000) return;
      this.length = 0;
    }
    this.times[this.#next] = time;
    for (const [name, column] of this.columns) column[this.#next] = value(name) ?? NaN;
    this.#next = (this.#next + 1) % this.capacity;
    this.length = Math.min(this.length + 1, this.capacity);
  }

  #slot(index) {
    return (this.#next - this.length + index + 2 * this.capacity) % this.capacity;
  }

  /** When sample `index` was taken; 0 is the oldest. */
  time(index) {
    return this.times[this.#slot(index)];
  }

  /** A figure of sample `index`, or NaN. */
  value(index, name) {
    return this.columns.get(name)[this.#slot(index)];
  }

  /** The time of the newest sample, or minus infinity. */
  get end() {
    return this.length === 0 ? -Infinity : this.time(this.length - 1);
  }

  /** Milliseconds from the oldest sample to the newest. */
  get age() {
    return this.length === 0 ? 0 : this.end - this.time(0);
  }

  /** The first sample at or after `time`; `length` when there is none. */
  from(time) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The sample closest to `time`, or -1. */
  nearest(time) {
    const after = this.from(time);
    if (after === 0) return this.length === 0 ? -1 : 0;
    if (after === this.length) return after - 1;
    return time - this.time(after - 1) <= this.time(after) - time ? after - 1 : after;
  }
}
