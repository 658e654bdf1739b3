// Numbers as people read them; nothing for one that is not there.

const known =
  (format) =>
  (value, ...rest) =>
    value === undefined || value === null || Number.isNaN(value) ? "" : format(value, ...rest);

/** Three digits that mean something. */
const short = (value) => {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
};
const grouped = (value) => Math.round(value).toLocaleString("en-US");

export const whole = known(grouped);
export const bytes = known((value) => `${grouped(value)} B`);
export const kB = known((value) => `${(value / 1000).toFixed(1)} kB`);
export const times = known((value, digits = 2) => `${value.toFixed(digits)} ×`);
export const milliseconds = known(
  (value) => `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ms`,
);
export const microseconds = known(
  (value) => `${Math.abs(value) >= 1000 ? grouped(value) : short(value)} µs`,
);
export const nanoseconds = known((value) =>
  value >= 1000 ? `${short(value / 1000)} µs` : `${short(value)} ns`,
);
