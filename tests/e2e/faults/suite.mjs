// Every scenario, in one engine whose browser is started once.

import { after, describe, test } from "node:test";
import * as attach from "./scenarios/attach.mjs";
import * as beside from "./scenarios/beside.mjs";
import * as clock from "./scenarios/clock.mjs";
import * as history from "./scenarios/history.mjs";
import * as lost from "./scenarios/lost.mjs";
import * as outage from "./scenarios/outage.mjs";
import * as redirect from "./scenarios/redirect.mjs";
import * as storm from "./scenarios/storm.mjs";
import * as tabs from "./scenarios/tabs.mjs";

const SUBJECTS = {
  storm,
  outage,
  "lost answer": lost,
  clock,
  tabs,
  redirect,
  history,
  attach,
  beside,
};

/** Most of a scenario is waiting for a browser or for a token to expire. */
const AT_ONCE = 3;
const LIMIT_MS = 300_000;

/** Runs everything in `engine`, one of the modules in `../engines`; where it is missing, that is said. */
export async function runIn(name, engine) {
  const missing = await engine.missing();
  if (missing) return test(name, { skip: `${missing} is missing` }, () => {});

  let launched;
  const browser = () => (launched ??= engine.launch());
  after(async () => (await launched)?.close());
  describe(name, { concurrency: AT_ONCE }, () => {
    for (const [subject, { scenarios }] of Object.entries(SUBJECTS))
      for (const [rule, run] of Object.entries(scenarios))
        test(`${subject}: ${rule}`, { timeout: LIMIT_MS }, async (t) =>
          run(t, await browser(), name),
        );
  });
}
