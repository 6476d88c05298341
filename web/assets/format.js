// Sizes, times and durations as people read them, in the language of the page.
import { language, t } from "./strings.js";

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];
const WHOLE = new Intl.NumberFormat(language);
const TENTHS = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const DATE = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const TIME = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const SHORT_TIME = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const FULL_TIME = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

export const whole = (number) => WHOLE.format(number);

/** 1,234 bytes */
export const exactSize = (bytes) => t("bytes", { count: bytes });

/** 1.2 KiB; powers of 1,024, exact below 1 KiB */
export function shortSize(bytes) {
  if (bytes < 1024) return exactSize(bytes);
  let value = bytes / 1024;
  let unit = 0;
  // 1,023.95 would be rounded to 1,024.0 of the smaller unit.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${TENTHS.format(value)} ${UNITS[unit]}`;
}

/** 1.2 KiB (1,234 bytes) */
export const bothSizes = (bytes) => (bytes < 1024 ? exactSize(bytes) : `${shortSize(bytes)} (${exactSize(bytes)})`);

export const shortTime = (date) => SHORT_TIME.format(date);
export const fullTime = (date) => FULL_TIME.format(date);

/** The time of a list: today with the time, otherwise the date. */
export function listTime(date) {
  return date.toDateString() === new Date().toDateString() ? `${t("today")}, ${TIME.format(date)}` : DATE.format(date);
}

/** 42 s, 3 min, 2 h */
export function duration(seconds) {
  if (seconds < 90) return t("seconds", { count: Math.max(Math.ceil(seconds), 1) });
  if (seconds < 5400) return t("minutes", { count: Math.round(seconds / 60) });
  return t("hours", { count: Math.round(seconds / 3600) });
}
