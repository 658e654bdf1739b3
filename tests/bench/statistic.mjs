// Numbers out of numbers.

export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The turns of `contenders` in round `round`: each begins once, so that no place in the row is anybody's. */
export const turns = (contenders, round) => [
  ...contenders.slice(round % contenders.length),
  ...contenders.slice(0, round % contenders.length),
];

export const ratio = (value, base) => (base ? value / base : undefined);
export const sum = (values) => values.reduce((total, value) => total + value, 0);
