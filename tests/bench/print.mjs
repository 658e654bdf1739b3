// The tables, for the terminal.

import { aligned, GOAL_HEAD, goalRow, goalsOf, tablesOf } from "./table.mjs";

export function print(results, parts) {
  for (const part of parts.filter(({ name }) => results[name])) {
    console.log(`\n── ${part.title} (--only ${part.name})`);
    for (const { head, rows } of tablesOf(part, results[part.name])) show([head, ...rows]);
  }
  const goals = goalsOf(parts, results);
  if (goals.length === 0) return;
  console.log("\n── Goals");
  show([
    GOAL_HEAD,
    ...goals.map(goalRow).map((row) => row.map((cell) => cell.replaceAll("*", ""))),
  ]);
}

function show(rows) {
  console.log();
  for (const cells of aligned(rows)) console.log(cells.join("  ").trimEnd());
}
