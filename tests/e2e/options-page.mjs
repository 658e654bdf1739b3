// A bare page in which expressions about options are tried.

import assert from "node:assert/strict";
import { assertAuthError, openBarePage } from "./bare-page.mjs";

/** Stands wherever a value may end up in an error, and must not: `secret` in the expressions. */
const SECRET = "hunter2-Zm9yYmlkZGVu-4711";

/** The page, and what can be asked of expressions in it: `bare/mistakes.js` says what they may name. */
export async function openOptionsPage(t) {
  const demo = await openBarePage(t);
  const { tab } = demo;
  demo.provider.secrets.add(SECRET);
  await prepare(tab, demo.provider.url);

  const outcome = (expression) => tab.evaluate(`tessera.attempt(() => (${expression}))`);
  return {
    ...demo,
    outcome,
    /** Each expression is refused with the code, and the message begins with the option's path. */
    async assertRefused(code, cases) {
      for (const [expression, path] of cases) {
        const found = await outcome(expression);
        assertAuthError(found, code, path, expression);
        assert.equal(found.retryable, false, expression);
        assert.ok(!JSON.stringify(found).includes(SECRET), `${expression} keeps the secret`);
      }
    },
    async assertAccepted(expressions) {
      for (const expression of expressions) {
        const found = await outcome(expression);
        assert.ok("value" in found, `${expression}: ${JSON.stringify(found)}`);
      }
    },
  };
}

export const prepare = (tab, issuer) =>
  tab.evaluate(
    async ([issuer, secret]) => {
      const { prepare } = await import("/bare/mistakes.js");
      await prepare({ issuer, clientId: "tessera-demo" }, secret);
    },
    [issuer, SECRET],
  );
