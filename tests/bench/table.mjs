// The tables of a part, as rows of cells: what the terminal, the page and the README show.

import { BARE, CLIENTS, READERS, STORED, VARIANTS } from "./contender.mjs";

const LABELS = new Map(
  [...READERS, BARE, STORED, ...CLIENTS, ...VARIANTS].map(({ id, label }) => [id, label]),
);

/** @returns {{ title?: string, head: string[], rows: string[][] }[]} */
export function tablesOf(part, { rows }) {
  const label = (row) =>
    (part.names?.[row.id] ?? LABELS.get(row.id) ?? row.id) + (part.label?.(row) ?? "");
  return part.tables().map(({ title, columns }) => ({
    title,
    head: [title ?? "", ...columns.map(({ label }) => label)],
    rows: rows.map((row) => [label(row), ...columns.map(({ value }) => value(row) ?? "")]),
  }));
}

/** The goals of all parts that have results. */
export const goalsOf = (parts, results) =>
  parts.flatMap((part) =>
    results[part.name]
      ? part
          .goals(results[part.name].rows)
          .map((goal) => ({ part: part.title, name: part.name, ...goal }))
      : [],
  );

export const GOAL_HEAD = ["goal", "measured", "at", "reached", "why not"];
export const goalRow = ({ name, what, goal, measured, isReached, why }) => [
  `${name}: ${what}`,
  measured,
  goal,
  isReached ? "yes" : "**no**",
  why,
];

/** Cells as wide as their column, the first to the left. */
export function aligned(rows) {
  const widths = rows[0].map((_, index) => Math.max(...rows.map((row) => width(row[index]))));
  return rows.map((row) =>
    row.map((cell, index) => {
      const space = " ".repeat(widths[index] - width(cell));
      return index === 0 ? cell + space : space + cell;
    }),
  );
}

const width = (cell) => [...cell].length;

/** A table as prettier has it. */
export function markdown(head, rows) {
  const [first, ...rest] = aligned([head, ...rows]);
  const rule = first.map((cell, index) => {
    const dashes = "-".repeat(Math.max(3, width(cell)) - (index ? 1 : 0));
    return index ? `${dashes}:` : dashes;
  });
  return [first, rule, ...rest].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
