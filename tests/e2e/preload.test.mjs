// The head of the demo's page says what its scripts will ask for: the module comes beside them, and once.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { startDemo } from "../../www/server/demo.mjs";
import { PACKAGE } from "../../www/server/page.mjs";
import * as firefox from "./engines/firefox.mjs";
import * as webkit from "./engines/webkit.mjs";
import { openDemo, until } from "./harness.mjs";

/** Chromium says it sooner when a page has not used what it preloads. */
const UNUSED_MS = 6_000;
const SCRIPT = "/demo.js";
const SCRIPTS = ["/pkg/index.js", "/pkg/auth-error.js"];
const modules = (names) => names.map((name) => `/pkg/${name}_bg.wasm`);

/** The page's first script comes when the module has been asked for: who would begin with the script would wait for ever. */
function holdScript(module) {
  const held = {};
  const answer = async (_request, response) => {
    await until(() => held.page.requests.some(({ path }) => path === module), "it is asked for");
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(await readFile(new URL(`../../www${SCRIPT}`, import.meta.url)));
  };
  return { held, page: { routes: { [SCRIPT]: answer } } };
}

const times = ({ page }, wanted) => page.requests.filter(({ path }) => path === wanted).length;

function assertOnce(demo, paths) {
  for (const path of paths) assert.equal(times(demo, path), 1, path);
}

describe("what the page's head names", { concurrency: true }, () => {
  for (const [at, used, unused] of [
    ["", ["core", "flows"], ["more", "credentials"]],
    ["?with=oauth&on=dpop", ["core", "flows"], ["more", "credentials"]],
    ["?with=key", ["credentials"], ["core", "flows", "more"]],
  ])
    test(`comes beside the scripts, once, and is used: /${at}`, async (t) => {
      const [module] = modules(used);
      const { held, page } = holdScript(module);
      const demo = Object.assign(held, await openDemo(t, { at, page }));
      const warnings = [];
      demo.context.on("console", (message) => {
        if (message.type() === "warning") warnings.push(message.text());
      });
      const tab = await demo.newTab();
      const [next] = modules(used).slice(1);
      if (next) await until(() => times(demo, next) > 0, "the next part is asked for");
      await tab.waitForLoadState();
      await wait(UNUSED_MS);
      assert.deepEqual(warnings, []);
      const [glue] = used;
      assertOnce(demo, [...SCRIPTS, `/pkg/${glue}.js`, ...modules(used)]);
      for (const path of modules(unused)) assert.equal(times(demo, path), 0, path);
    });

  for (const [name, engine, paths] of [
    ["Firefox", firefox, [...SCRIPTS, "/pkg/core.js", ...modules(["core"])]],
    // It takes the module from its HTTP cache, which it has not under a driver.
    ["WebKit", webkit, [...SCRIPTS, "/pkg/core.js"]],
  ])
    test(`${name}: comes beside the scripts, and once`, async (t) => {
      const missing = await engine.missing();
      if (missing) return t.skip(`${missing} is missing`);
      const [module] = modules(["core"]);
      const { held, page } = holdScript(module);
      const packageDirectory = process.env.TESSERA_PACKAGE ?? PACKAGE;
      const demo = Object.assign(held, await startDemo({ page: { packageDirectory, ...page } }));
      t.after(() => demo.close());
      const browser = await engine.launch();
      t.after(() => browser.close());
      const tab = await (await browser.newProfile()).newTab();
      await tab.goto(demo.url);
      const isStarted = () => document.body?.dataset.state === "signed-out";
      await until(() => tab.evaluate(isStarted).catch(() => false), "the page has started");
      assertOnce(demo, paths);
    });
});
