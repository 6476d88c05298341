// Sizes and times as people read them.

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];
const WHOLE = new Intl.NumberFormat();
const TENTHS = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const SHORT_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const FULL_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** 1,234 bytes */
export function exactSize(bytes) {
  return `${WHOLE.format(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
}

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
export function bothSizes(bytes) {
  return bytes < 1024 ? exactSize(bytes) : `${shortSize(bytes)} (${exactSize(bytes)})`;
}

export function fileCount(shown, total) {
  if (shown < total) return `${WHOLE.format(shown)} of ${WHOLE.format(total)} files`;
  return `${WHOLE.format(total)} ${total === 1 ? "file" : "files"}`;
}

export const shortTime = (date) => SHORT_TIME.format(date);
export const fullTime = (date) => FULL_TIME.format(date);
