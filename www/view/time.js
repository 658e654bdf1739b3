// Times as a reader wants them: on his clock, and how long ago.

const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

export const now = () => Date.now() / 1000;

/** Unix seconds → “21 Nov 2025, 10:15:00”. */
export const dateTime = (seconds) => DATE_TIME.format(seconds * 1000);

/** Unix seconds → “10:15:00”. */
export const clockTime = (seconds) => TIME.format(seconds * 1000);

/** Unix seconds → “in 2 minutes”, “3 hours ago”. */
export function relative(seconds) {
  const difference = Math.round(seconds - now());
  const [unit, size] =
    UNITS.find(([, unitSeconds]) => Math.abs(difference) >= unitSeconds) ?? UNITS.at(-1);
  return RELATIVE.format(Math.trunc(difference / size), unit);
}

/** Seconds → “0:42”, “1:05:00”. */
export function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const minutes = Math.floor(whole / 60);
  const pad = (number) => String(number).padStart(2, "0");
  return minutes < 60
    ? `${minutes}:${pad(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
