// docs/bench/README.md with all tables, and the section of the README with the short ones. Both are made anew from the results.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { CHARTS } from "./charts.mjs";
import { CLIENTS } from "./contender.mjs";
import { kB, times, whole } from "./figure.mjs";
import { PARTS } from "./parts.mjs";
import { GOAL_HEAD, goalRow, goalsOf, markdown, tablesOf } from "./table.mjs";

const prettier = createRequire(new URL("../../xtask/node/package.json", import.meta.url))(
  "prettier",
);

const README = new URL("../../README.md", import.meta.url);
const BEGIN = "<!-- Measured: cargo xtask bench writes this. -->";
const END = "<!-- End of what cargo xtask bench writes. -->";

export async function writeDocuments(results, folder) {
  await write(new URL("results.json", folder), JSON.stringify(results));
  await write(new URL("README.md", folder), page(results));
  const readme = await readFile(README, "utf8");
  const [before, rest] = readme.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined)
    throw new Error(`README.md has no place for the figures: ${BEGIN} … ${END}`);
  await write(README, [before, BEGIN, `\n\n${section(results)}\n\n`, END, after].join(""));
}

/** As `cargo xtask lint` wants it. */
async function write(url, text) {
  const filepath = fileURLToPath(url);
  const options = await prettier.resolveConfig(filepath);
  await writeFile(url, await prettier.format(text, { ...options, filepath }));
}

function page(results) {
  const { date, chromium, node, cores, processor } = results.machine;
  const parts = PARTS.filter(({ name }) => results[name]);
  return [
    "# Measured",
    `\`cargo xtask bench\` writes this page, \`results.json\` and the charts. What is compared takes turns in one run, in real Chromium, against the demo's identity provider and API. Last: ${date}, Chromium ${chromium}, Node.js ${node}, ${cores} × ${processor}.`,
    `The peers, pinned in \`tests/bench/package.json\`: ${list(results)}. Each is used as its documentation says, with what it stores in \`localStorage\`. Times depend on the machine: compare within a table.`,
    "- @auth0/auth0-spa-js speaks to Auth0 only. A server of the benchmark translates its paths, its word for the audience and the issuer's name; a token request is one more hop on the same machine.",
    "- keycloak-js reads refresh tokens as JWTs, which most servers' are not, and keeps no session over a page load. The same server wraps them, and the page stores its tokens and hands them over; keycloak-js then renews them at every page load.",
    "## Goals",
    markdown(GOAL_HEAD, goalsOf(parts, results).map(goalRow)),
    ...parts.flatMap((part) => [
      `## ${part.title}`,
      part.meaning,
      `\`cargo xtask bench --only ${part.name}\`, runs: ${results[part.name].runs}.`,
      ...chartsOf(part.name, ""),
      ...tablesOf(part, results[part.name]).map(({ head, rows }) => markdown(head, rows)),
    ]),
  ].join("\n\n");
}

function list(results) {
  const all = Object.assign({}, ...PARTS.map(({ name }) => results[name]?.versions));
  return Object.entries(all)
    .filter(([label]) => label !== CLIENTS[0].label)
    .map(([label, version]) => `${label} ${version}`)
    .join(", ");
}

function chartsOf(part, folder) {
  const charts = CHARTS.filter((chart) => chart.part === part);
  return charts.map(({ name, title }) => `![${title}](${folder}${name}.svg)`);
}

/** The figures that a reader chooses by. */
function section(results) {
  const { wire, load, redirect, call, storm } = results;
  const of = (part, id) => part?.rows.find((row) => row.id === id);
  const rows = CLIENTS.map(({ id, label }) => [
    label,
    kB(of(wire, id)?.firstBrotli),
    times(of(load, id)?.cold.ratio),
    times(of(load, id)?.slow.ratio),
    whole(of(redirect, id)?.depth),
    times(of(call, id)?.ratio, 3),
    storm ? `${of(storm, id).tokenRequests} / ${of(storm, id).answered}` : "",
    storm ? (of(storm, id).isAlive ? "yes" : "no") : "",
  ]);
  const head = ["", "first call", "cold", "slow", "in a row", "call", "storm", "alive"];
  return [
    markdown(head, rows),
    "“First call” is what a page with a good session loads before it, by brotli. “Cold” and “slow” are a page load to the first authenticated answer, over the same page with a token in hand: without a cache, and also with 150 ms of latency, 1.6 Mbit/s and a processor 4 times slower. “In a row” are requests that wait for each other when the user comes back from the server. “Call” is an authenticated call over a bare one. “Storm” is how many token requests five tabs make, and how many of their hundred calls are answered, when an expired token meets a server that rotates refresh tokens; “alive” is whether the session outlives it.",
    ...CHARTS.filter(({ part }) => results[part]).map(
      ({ name, title }) => `![${title}](docs/bench/${name}.svg)`,
    ),
  ].join("\n\n");
}
