// Which chart shows what: the files in docs/bench.

import { writeFile } from "node:fs/promises";
import { barChart } from "./chart.mjs";
import { BARE, CLIENTS, READERS } from "./contender.mjs";
import { kB, microseconds, times, whole } from "./figure.mjs";

const OWN = CLIENTS[0].id;
const LABELS = new Map([...READERS, ...CLIENTS].map(({ id, label }) => [id, label]));

/** @type {{ name: string, part: string, title: string, says: string, panels: (rows: object[]) => object[] }[]} */
export const CHARTS = [
  {
    name: "wire",
    part: "wire",
    title: "What a page with a good session loads before its first call",
    says: "Solid: JavaScript, which blocks. Pale: WebAssembly, which is compiled while it comes. Brotli 11.",
    panels: (rows) => [
      {
        unit: "kB",
        goal: { value: 20, text: "goal: 20" },
        bars: rows.map((row) =>
          bar(
            row.id,
            [row.blockingBrotli / 1000, row.streamedBrotli / 1000],
            kB(row.blockingBrotli + row.streamedBrotli),
          ),
        ),
      },
    ],
  },
  {
    name: "load",
    part: "load",
    title: "A page load with a stored session, to the first authenticated answer",
    says: "Over the same page with a token in hand and no library. Slow: 150 ms of latency, 1.6 Mbit/s, a processor 4 times slower.",
    panels: (rows) =>
      [
        ["cold", "Without a cache"],
        ["slow", "Without a cache, slow network and processor"],
        ["warm", "Everything in the cache"],
      ].map(([id, title]) => ({
        title,
        unit: "× bare",
        bars: clientsOf(rows).map((row) => bar(row.id, [row[id].ratio], times(row[id].ratio))),
      })),
  },
  {
    name: "call",
    part: "call",
    title: "What an authenticated call costs beside the network",
    says: "What is added to fetch with a token in hand when the answer is there at once, the best round.",
    panels: (rows) => [
      {
        unit: "µs",
        bars: clientsOf(rows).map((row) =>
          bar(row.id, [Math.max(0, row.overheadUs)], microseconds(row.overheadUs)),
        ),
      },
    ],
  },
  {
    name: "storm",
    part: "storm",
    title: "An expired token meets 5 tabs with 20 calls each",
    says: "At a server that rotates refresh tokens, and ends the session when a spent one comes again.",
    panels: (rows) => [
      {
        title: "Calls answered",
        unit: "calls",
        goal: { value: 100, text: "all: 100" },
        bars: rows.map((row) =>
          bar(row.id, [row.answered], `${row.answered}, session ${row.isAlive ? "alive" : "dead"}`),
        ),
      },
      {
        title: "Token requests",
        unit: "requests",
        goal: { value: 1, text: "goal: 1" },
        bars: rows.map((row) => bar(row.id, [row.tokenRequests], whole(row.tokenRequests))),
      },
    ],
  },
  {
    name: "decode",
    part: "jwt",
    title: "A token is read, RS256",
    says: "One of many different tokens, the best round. None of the three checks anything here.",
    panels: (rows) => {
      const shown = rows.filter(({ alg }) => alg === "RS256");
      const sizes = [...new Set(shown.map(({ bytes }) => bytes))];
      return sizes.map((size) => ({
        title: `${whole(size)} bytes`,
        unit: "µs",
        bars: shown
          .filter(({ bytes }) => bytes === size)
          .map(({ id, decodeUs }) => bar(id, [decodeUs], microseconds(decodeUs))),
      }));
    },
  },
];

const clientsOf = (rows) => rows.filter(({ id }) => id !== BARE.id && LABELS.has(id));
const bar = (id, parts, text) => ({ label: LABELS.get(id), parts, text, isOwn: id === OWN });

/** Writes those whose part has results. */
export async function writeCharts(results, folder) {
  for (const { name, part, title, says, panels } of CHARTS) {
    if (!results[part]) continue;
    const { rows, versions, runs } = results[part];
    const caption = [says, ...captionOf(rows, versions, runs, results.machine)];
    const chart = barChart({ title, panels: panels(rows), caption });
    await writeFile(new URL(`${name}.svg`, folder), chart);
  }
}

/** Who, in which version, where, when. */
function captionOf(rows, versions, runs, { chromium, cores, date }) {
  const labels = [...new Set(rows.map(({ id }) => LABELS.get(id)))].filter(
    (label) => versions[label],
  );
  return [
    labels.map((label) => `${label} ${versions[label]}`).join(" · "),
    `Chromium ${chromium}, ${cores} cores, ${date}, runs: ${runs}. cargo xtask bench`,
  ];
}
