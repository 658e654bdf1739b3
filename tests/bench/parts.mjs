// What is measured, in the order of the tables: how, what the figures mean, and what they should be.

import * as call from "./part/call.mjs";
import * as jwt from "./part/jwt.mjs";
import * as load from "./part/load.mjs";
import * as memory from "./part/memory.mjs";
import * as native from "./part/native.mjs";
import * as redirect from "./part/redirect.mjs";
import * as storm from "./part/storm.mjs";
import * as wire from "./part/wire.mjs";
import { bytes, kB, microseconds, milliseconds, nanoseconds, times, whole } from "./figure.mjs";

const of = (rows, id) => rows.find((row) => row.id === id);
const column = (label, key, format) => ({ label, value: (row) => format(at(row, key)) });
const at = (row, key) => key.split(".").reduce((value, name) => value?.[name], row);
const goal = (what, measured, limit, format, { isAtLeast = false, why = "" } = {}) => {
  const isReached = isAtLeast ? measured >= limit : measured <= limit;
  return {
    what,
    measured: format(measured),
    goal: `${isAtLeast ? "≥" : "≤"} ${format(limit)}`,
    isReached,
    why: isReached ? "" : why,
  };
};

/** Why a goal is not reached, where that is known. */
const BYTES = "the module's bytes: docs/size.md";
const storeTakes = (rows, id) =>
  `IndexedDB opens: ${times(of(rows, "stored")[id].ratio)} with no library at all`;
const CROSSINGS = "texts and ways in and out of the module";

export const PARTS = [
  {
    name: "wire",
    title: "Over the wire",
    meaning:
      "Bundled and minified by esbuild, brotli 11, in kB of 1,000 bytes. “Blocks” is the JavaScript that must be there before a page with a good session makes its first call; “streams” is the WebAssembly, which is compiled while it comes. “All” is what signing in, coming back, calling and renewing load.",
    measure: wire.measure,
    tables: () => [
      {
        columns: [
          column("blocks", "blockingBrotli", kB),
          column("streams", "streamedBrotli", kB),
          column("first call", "firstBrotli", kB),
          column("… gzip", "firstGzip", kB),
          column("all", "allBrotli", kB),
          column("… gzip", "allGzip", kB),
        ],
      },
    ],
    goals: (rows) => {
      const { firstBrotli, allBrotli, blockingBrotli } = of(rows, "tessera");
      return [
        goal("loaded before the first call", firstBrotli, 20_000, kB, { why: BYTES }),
        goal("loaded for everything", allBrotli, 60_000, kB, { why: BYTES }),
        goal("JavaScript that blocks", blockingBrotli, 4_000, kB, {
          why: "what must be the same without the core",
        }),
      ];
    },
  },
  {
    name: "load",
    title: "A page load with a stored session",
    meaning:
      "From the navigation to the first authenticated answer, and over the same page that does `fetch` with a token in hand. Cold: no HTTP cache. Slow: cold, with 150 ms of latency, 1.6 Mbit/s and a processor 4 times slower. Warm: everything in the cache. A run loads each page twice cold and twice warm, and every second run once slow. The second row keeps its token as tessera-auth does, where no script can read it, without a library; the peers keep theirs in `localStorage`, where any script can. “Blocked” is what long tasks take past 50 ms, “tasks” is all that the main thread did.",
    measure: load.measure,
    tables: () =>
      [
        ["cold", "cold"],
        ["slow", "slow network, slow processor"],
        ["warm", "warm"],
      ].map(([id, title]) => ({
        title,
        columns: [
          column("answer", `${id}.answeredMs`, milliseconds),
          column("over bare", `${id}.ratio`, times),
          column("blocked", `${id}.blockingMs`, milliseconds),
          column("tasks", `${id}.taskMs`, milliseconds),
          column("requests to the server", `${id}.requests`, whole),
        ],
      })),
    goals: (rows) =>
      ["cold", "slow", "warm"].map((id) =>
        goal(
          `${id}: over bare, as oidc-client-ts at most`,
          of(rows, "tessera")[id].ratio,
          of(rows, "oidc-client-ts")[id].ratio,
          times,
          { why: storeTakes(rows, id) },
        ),
      ),
  },
  {
    name: "redirect",
    title: "Back from the server, to signed in",
    meaning:
      "A page load with a code in its URL. “In a row” is how many requests to the server wait for each other, “requests” how many there are.",
    measure: redirect.measure,
    tables: () => [
      {
        columns: [
          column("signed in", "signedInMs", milliseconds),
          column("in a row", "depth", whole),
          column("requests", "requests", whole),
        ],
      },
    ],
    goals: (rows) => [goal("requests in a row", of(rows, "tessera").depth, 1, whole)],
  },
  {
    name: "call",
    title: "An authenticated call",
    meaning:
      "Over `fetch` with a token in hand, in the same page, in turns, to an API on the same machine that checks every token. “Costs” is what the client adds when the answer is there at once. Ratios are of medians, the rest is the best of all rounds.",
    measure: call.measure,
    tables: () => [
      {
        columns: [
          column("over bare", "ratio", (value) => times(value, 3)),
          column("costs", "overheadUs", microseconds),
          column("token read", "accessTokenUs", microseconds),
          column("session read", "sessionUs", microseconds),
        ],
      },
    ],
    goals: (rows) => [
      goal(
        "a call over the bare one",
        of(rows, "tessera").ratio,
        1.02,
        (value) => times(value, 3),
        {
          why: "a Request, and one way into the module",
        },
      ),
    ],
  },
  {
    name: "storm",
    title: "An expired token, 5 tabs with 20 calls each",
    meaning:
      "At a server that rotates refresh tokens and ends a session when a spent one is used again. “Alive” is whether the session can be renewed afterwards.",
    measure: storm.measure,
    tables: () => [
      {
        columns: [
          column("token requests", "tokenRequests", whole),
          column("refused", "refused", whole),
          column("calls answered", "answered", whole),
          column("alive", "isAlive", (value) => (value ? "yes" : "no")),
        ],
      },
    ],
    goals: (rows) => [
      goal("token requests", of(rows, "tessera").tokenRequests, 1, whole),
      goal("calls answered", of(rows, "tessera").answered, 100, whole, { isAtLeast: true }),
    ],
  },
  {
    name: "jwt",
    title: "Tokens",
    meaning:
      "Microseconds. “First” is the first of its page, the median of all pages. The other is of many different ones after that, the best of all rounds. jwt-decode does not verify. Keys are given, as a JWK Set.",
    measure: jwt.measure,
    label: ({ alg, bytes: length }) => `, ${alg}, ${bytes(length)}`,
    tables: () => [
      {
        columns: [
          column("decode, first", "decodeFirstUs", microseconds),
          column("decode", "decodeUs", microseconds),
          column("verify, first", "verifyFirstUs", microseconds),
          column("verify", "verifyUs", microseconds),
        ],
      },
    ],
    goals: (rows) => {
      const decode = (id) => rows.filter((row) => row.id === id && row.alg === "RS256")[1].decodeUs;
      return [
        goal("decode: as fast as jwt-decode", decode("jwt-decode") / decode("tessera"), 8, times, {
          isAtLeast: true,
          why: CROSSINGS,
        }),
        goal("decode: as fast as jose", decode("jose") / decode("tessera"), 1, times, {
          isAtLeast: true,
          why: CROSSINGS,
        }),
      ];
    },
  },
  {
    name: "memory",
    title: "Memory",
    meaning:
      "Of one page with the package, after garbage collection. A page of WebAssembly is 64 KiB.",
    measure: memory.measure,
    names: {
      calls: "1,000 calls",
      renewals: "100 renewals",
      clients: "100 clients, made and closed",
    },
    tables: () => [
      {
        columns: [
          column("heap before", "heapBefore", kB),
          column("after", "heapAfter", kB),
          column("growth", "heapGrowth", kB),
          column("wasm pages before", "pagesBefore", whole),
          column("after", "pagesAfter", whole),
        ],
      },
    ],
    goals: (rows) =>
      rows.map(({ id, pagesGrowth }) => goal(`wasm pages more, ${id}`, pagesGrowth, 0, whole)),
  },
  {
    name: "native",
    title: "Without a browser",
    meaning:
      "criterion's medians, and how much life the simulation has in a second on this machine.",
    measure: native.measure,
    names: { simulation: "simulation" },
    tables: () => [
      {
        columns: [
          column("time", "ns", nanoseconds),
          column(
            "per second",
            "bytesPerSecond",
            (value) => value && `${(value / 1e6).toFixed(0)} MB`,
          ),
          column("lives per second", "livesPerSecond", whole),
          column("tab-hours per second", "tabHoursPerSecond", whole),
        ],
      },
    ],
    goals: () => [],
  },
];
