// `cargo xtask bench`: everything that is measured beside the peers, in one run. `--only NAME,…` `--runs N` `--native DIR`

import { mkdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeCharts } from "./charts.mjs";
import { BARE, CLIENTS, STORED, VARIANTS, versions } from "./contender.mjs";
import { PARTS } from "./parts.mjs";
import { print } from "./print.mjs";
import { writeDocuments } from "./document.mjs";
import { signInEverybody } from "./signed-in.mjs";
import { openStage } from "./stage.mjs";

const OUTPUT = new URL("../../docs/bench/", import.meta.url);
const RUNS = 15;

const { values } = parseArgs({
  options: { only: { type: "string" }, runs: { type: "string" }, native: { type: "string" } },
});
const runs = values.runs === undefined ? RUNS : Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) fail("--runs needs a whole number, 1 or more.");
const wanted = values.only?.split(",").map((name) => name.trim());
const unknown = wanted?.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined)
  fail(`there is nothing named ${unknown}: ${PARTS.map(({ name }) => name).join(", ")}.`);

const results = await earlier();
const parts = PARTS.filter(({ name }) => (wanted ? wanted.includes(name) : true));
const stage = parts.some(({ name }) => name !== "native")
  ? await openStage([BARE, STORED, ...CLIENTS, ...VARIANTS])
  : undefined;
try {
  let everybody;
  for (const { name, measure } of parts) {
    const started = Date.now();
    const progress = (what) => say(`${name}: ${what}`);
    const signedIn = () => (everybody ??= signInEverybody(stage, progress));
    const rows = await measure({ stage, signedIn, runs, progress, native: values.native });
    progress(rows ? `done in ${((Date.now() - started) / 1000).toFixed(0)} s` : "not measured");
    if (rows) results[name] = { runs, versions: versions(), rows };
  }
} finally {
  await stage?.close();
}
results.machine = machine(stage?.version ?? results.machine?.chromium);
await mkdir(OUTPUT, { recursive: true });
await writeCharts(results, OUTPUT);
await writeDocuments(results, OUTPUT);
print(results, parts);
console.log(`\nresults.json and the charts are in ${fileURLToPath(OUTPUT)}`);

/** A part that is not measured now keeps what it had. */
async function earlier() {
  const text = await readFile(new URL("results.json", OUTPUT), "utf8").catch(() => "{}");
  return JSON.parse(text);
}

function machine(chromium) {
  const [{ model }] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return { date, chromium, node: process.version, cores: cpus().length, processor: model };
}

function say(line) {
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(
    isTerminal ? `\r\u001b[K${line}${line.includes("done") ? "\n" : ""}` : `${line}\n`,
  );
}

function fail(sentence) {
  console.error(`error: ${sentence}`);
  process.exit(2);
}
