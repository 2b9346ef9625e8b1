// How figures are written.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A figure that is not known. */
const none = { value: "\u2013", unit: "" };
const known = (number) => typeof number === "number" && Number.isFinite(number);

/** A count, written out up to ten million, then in millions or more: what fits the same place for days. */
export function count(number) {
  if (!known(number)) return none;
  for (const [least, size, unit] of [[1e12, 1e12, "T"], [1e9, 1e9, "G"], [1e7, 1e6, "M"]]) {
    if (Math.abs(number) >= least) return { value: short.format(number / size), unit };
  }
  return { value: whole.format(number), unit: "" };
}

/** The top of a scale of counts, in as little space as can be. */
export function brief(number) {
  if (number < 10_000) return count(number);
  return { value: number < 1e6 ? `${short.format(number / 1e3)}k` : `${short.format(number / 1e6)}M`, unit: "" };
}

/** A rate or a ratio: one decimal while it is small. */
export function rate(number) {
  if (!known(number)) return none;
  return Math.abs(number) < 9.95 ? { value: number.toFixed(1), unit: "" } : count(Math.round(number));
}

/** A latency in seconds, in the unit that a person would take, with three digits. */
export function latency(seconds) {
  if (!known(seconds)) return none;
  const digits = (number) => number.toFixed(Math.abs(number) < 9.995 ? 2 : Math.abs(number) < 99.95 ? 1 : 0);
  if (Math.abs(seconds) < 0.0009995) return { value: whole.format(seconds * 1e6), unit: "\u00b5s" };
  if (Math.abs(seconds) < 0.9995) return { value: digits(seconds * 1e3), unit: "ms" };
  return { value: digits(seconds), unit: "s" };
}

/** The top of a scale of latencies in seconds. */
export function briefLatency(seconds) {
  const [size, unit] = seconds < 0.0009995 ? [1e6, "\u00b5s"] : seconds < 0.9995 ? [1e3, "ms"] : [1, "s"];
  return { value: short.format(seconds * size), unit };
}

const byteFormat = new Intl.NumberFormat("en-US",
  { notation: "compact", style: "unit", unit: "byte", unitDisplay: "narrow" });
export const bytes = (number) => (known(number) ? byteFormat.format(number) : none.value);

/** A figure as one text, its unit after a space that does not break. */
export const text = ({ value, unit }) => (unit === "" ? value : `${value}\u00a0${unit}`);

/** A stretch of time in seconds, in its two largest units; tenths of a second while it is short. */
export function stretch(seconds) {
  if (!known(seconds)) return none.value;
  if (seconds < 10) return `${Number(seconds.toFixed(1))}\u00a0s`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  let rest = Math.floor(seconds);
  return units.slice(first, first + 2).map(([unit, size]) => {
    const part = Math.floor(rest / size);
    rest -= part * size;
    return `${part}\u00a0${unit}`;
  }).join(" ");
}

/** The time of day, and the day when it is not today. @param {number} time in milliseconds since 1970. */
export function timeOfDay(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}
