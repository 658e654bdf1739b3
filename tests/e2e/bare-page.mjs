// A page of the test's own beside the demo, on the same origin: it has the package as `tessera`, and no client yet.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openDemo } from "./harness.mjs";

const FILES = fileURLToPath(new URL("./bare/", import.meta.url));
const PATH = "/bare/index.html";

/**
 * A demo, and a tab with the bare page in it.
 *
 * @param {object} [options] those of `openDemo`
 */
export async function openBarePage(t, options) {
  const demo = await openDemo(t, {
    ...options,
    page: { mounts: { "/bare/": FILES }, ...options?.page },
    provider: { redirectPaths: ["/", PATH], ...options?.provider },
  });
  const url = new URL(PATH, demo.url).href;
  const newTab = async () => {
    const tab = await demo.context.newPage();
    await tab.goto(url);
    await isLoaded(tab);
    return tab;
  };
  return { ...demo, url, newTab, tab: await newTab() };
}

/** The package is there. */
export const isLoaded = (tab) => tab.waitForFunction(() => globalThis.tessera);

/**
 * What every failure looks like to an application (DESIGN.md, "Wrong is loud and says the fix").
 *
 * @param {object} outcome what `tessera.attempt` gave
 * @param {string} code
 * @param {string} [about] what the message begins with: the option's path, or that of the option around it
 */
export function assertAuthError(outcome, code, about = "", label = about) {
  const said = `${label}: ${JSON.stringify(outcome).slice(0, 500)}`;
  assert.equal(outcome.code, code, said);
  const { name, isAuthError, isError, message } = outcome;
  assert.deepEqual(
    { name, isAuthError, isError },
    { name: "AuthError", isAuthError: true, isError: true },
    said,
  );
  assert.ok(
    !about || (message.startsWith(about) && !/^\w/.test(message.slice(about.length))),
    said,
  );
  assert.match(message, /[.:] .+\.$/, `says what to do: ${said}`);
  assert.doesNotMatch(message, /wasm-|unreachable|RuntimeError|panicked|\[object/, said);
}
