// Times in the acting person's zone and language, and Slack's <!date> tokens.

import { locale, t, lang } from "./strings.js";
import { now, state } from "./store.js";

const zone = () => (state.me && state.me.tz) || undefined;
const cache = new Map();

function formatter(options) {
  const key = `${locale()}|${zone()}|${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale(), { timeZone: zone(), ...options }));
  return cache.get(key);
}

const format = (seconds, options) => formatter(options).format(new Date(seconds * 1000));

/** Calendar parts of an instant in the acting person's zone. */
function parts(seconds) {
  const found = {};
  const form = new Intl.DateTimeFormat("en-CA", { timeZone: zone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  for (const { type, value } of form.formatToParts(new Date(seconds * 1000))) found[type] = value;
  return found;
}

export function dayKey(seconds) {
  const { year, month, day } = parts(seconds);
  return `${year}-${month}-${day}`;
}

export const time = (seconds) => format(seconds, { hour: "numeric", minute: "2-digit" });
const timeSecs = (seconds) => format(seconds, { hour: "numeric", minute: "2-digit", second: "2-digit" });

function pretty(seconds, options) {
  for (const [shift, word] of [[0, "today"], [-86400, "yesterday"], [86400, "tomorrow"]]) {
    if (dayKey(seconds) === dayKey(now() + shift)) return t(word);
  }
  return format(seconds, options);
}

const thisYear = (seconds) => parts(seconds).year === parts(now()).year;
const LONG = { weekday: "long", month: "long", day: "numeric" };

export const dayDivider = (seconds) => pretty(seconds, thisYear(seconds) ? LONG : { ...LONG, year: "numeric" });
export const fullTime = (seconds) => format(seconds, { dateStyle: "full", timeStyle: "long" });

export function ago(seconds) {
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  const gap = seconds - now();
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(gap) >= size) return relative.format(Math.trunc(gap / size), unit);
  }
  return relative.format(0, "minute") && (lang() === "zh" ? "刚刚" : "just now");
}

const LONG_DATE = { year: "numeric", month: "long", day: "numeric" };
const SHORT_DATE = { year: "numeric", month: "short", day: "numeric" };
const TOKENS = {
  date_num: (at) => dayKey(at),
  date_slash: (at) => format(at, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: (at) => format(at, LONG_DATE),
  date_pretty: (at) => pretty(at, LONG_DATE),
  date_short: (at) => format(at, SHORT_DATE),
  date_short_pretty: (at) => pretty(at, SHORT_DATE),
  date_long: (at) => format(at, { ...LONG_DATE, weekday: "long" }),
  date_long_full: (at) => format(at, { ...LONG_DATE, weekday: "long" }),
  date_long_pretty: (at) => pretty(at, { ...LONG_DATE, weekday: "long" }),
  day_divider_pretty: (at) => dayDivider(at),
  time: (at) => time(at),
  time_secs: (at) => timeSecs(at),
  ago: (at) => ago(at),
};

/** Fill `{date_short_pretty} {time}` and the like; null for an unknown token, so that the fallback is used. */
export function fillDate(seconds, pattern) {
  if (!Number.isFinite(seconds)) return null;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!TOKENS[token]) known = false;
    return TOKENS[token] ? TOKENS[token](seconds) : whole;
  });
  return known ? text : null;
}

/** An instant as a datetime-local input's value, in the acting person's zone. */
export function toLocalInput(seconds) {
  const { year, month, day, hour, minute } = parts(seconds);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** A datetime-local input's value as epoch seconds, read in the acting person's zone; null when empty. */
export function fromLocalInput(text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text || "");
  if (!match) return null;
  const [, year, month, day, hour, minute] = match.map(Number);
  const wanted = Date.UTC(year, month - 1, day, hour, minute) / 1000;
  const shift = (at) => Date.parse(`${toLocalInput(at)}:00Z`) / 1000 - Math.floor(at / 60) * 60;
  // twice: the first guess may be on the other side of a daylight saving change
  const guess = wanted - shift(wanted);
  return wanted - shift(guess);
}

function zoneName(seconds = now()) {
  const part = formatter({ timeZoneName: "shortOffset" }).formatToParts(new Date(seconds * 1000)).find((one) => one.type === "timeZoneName");
  return `${zone() || ""} ${part ? part.value : ""}`.trim();
}

export const fullDateTime = (seconds) => `${format(seconds, { dateStyle: "full", timeStyle: "short" })} · ${zoneName(seconds)}`;
export const fullDate = (text) => new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));

const wall = (text, options) => new Intl.DateTimeFormat(locale(), { timeZone: "UTC", ...options }).format(new Date(`${text}Z`));
export const shortDate = (text) => wall(`${text}T00:00:00`, { dateStyle: "medium" });
export const clockTime = (text) => wall(`2000-01-01T${text}:00`, { timeStyle: "short" });
export const shortDateTime = (seconds) => format(seconds, { dateStyle: "medium", timeStyle: "short" });
