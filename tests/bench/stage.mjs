// Where the measuring happens: the demo's identity provider and API, a page for each contender, and Chromium.

import { launchChromium } from "../e2e/engines/chromium.mjs";
import { startDemo } from "../../www/server/demo.mjs";
import { bundle } from "./bundle.mjs";
import { startFacade } from "./facade.mjs";

const PATIENCE_MS = 60_000;
const LIFETIME_SECONDS = 3600;
const USER = "ada";

const HTML = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
/** A page whose clock is fine enough for microseconds. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** @param {object[]} contenders those of `contender.mjs` */
export async function openStage(contenders) {
  const apps = await bundleAll(contenders);
  const hints = new Map();
  let seen = [];
  let config;

  const routes = {
    "/blank": (_, response) => answer(response, HTML, "<!doctype html><title>-</title>"),
  };
  for (const { id, app, options } of contenders) {
    routes[`/${id}/`] = (request, response) => {
      seen = asked();
      const callsAtOnce = request.url.endsWith("?calls");
      const headers = /[?&](isolated|code=)/.test(request.url) ? { ...HTML, ...ISOLATED } : HTML;
      const redirectUri = `${config.page}${id}/`;
      const own = { ...config, id, redirectUri, options, callsAtOnce };
      answer(response, headers, document(app, own, hints.get(id)));
    };
  }
  routes["/jwt/"] = (_, response) =>
    answer(response, { ...HTML, ...ISOLATED }, document("jwt", config.jwt));
  for (const [app, files] of apps)
    for (const [name, { type, body }] of files)
      routes[`/asset/${app}/${name}`] = (_, response) =>
        answer(
          response,
          {
            "content-type": type,
            "content-encoding": "br",
            "cache-control": "public, max-age=31536000, immutable",
          },
          body,
        );

  const demo = await startDemo({
    page: { routes },
    provider: {
      redirectPaths: contenders.map(({ id }) => `/${id}/`),
      accessTokenLifetime: LIFETIME_SECONDS,
    },
  });
  const { issuer, scope } = { issuer: demo.provider.url, scope: demo.client.scope };
  const facade = await startFacade({ provider: issuer, audience: demo.api.url });
  config = {
    issuer,
    scope,
    clientId: demo.client.clientId,
    api: demo.api.url,
    facade: facade.url,
    page: demo.url,
  };
  const asked = () => askedOf(demo, facade);
  demo.provider.presume(USER);

  const browser = await launchChromium();
  return {
    ...demo,
    apps,
    config,
    version: browser.version(),
    /** Lets the pages of `id` name these files of theirs before their script does. */
    hint: (id, names) => hints.set(id, names),
    /** What pages have asked the provider, and what speaks for it, so far; its own pages are not counted. */
    asked,
    /** The same since a page was last loaded. */
    askedSinceReturn: () => asked().filter((request) => !seen.includes(request)),
    resetLifetime: () => demo.provider.setAccessTokenLifetime(LIFETIME_SECONDS),
    newProfile: () => newProfile(browser, demo.url),
    async close() {
      await browser.close();
      await Promise.all([demo.close(), facade.close()]);
    },
  };
}

/** The API asks too, but is no page and so has no origin. The facade has the provider answer, which then was asked once. */
const askedOf = ({ provider }, facade) =>
  [...provider.requests.filter(({ origin }) => origin), ...facade.requests].filter(
    ({ path }) => !/\/(auth|authorize|interaction\/.*)$/.test(path),
  );

async function bundleAll(contenders) {
  const names = [...new Set(contenders.map(({ app }) => app))];
  const sources = names.map((app) => [
    app,
    `import { open } from "./page/app/${app}.js"; import { run } from "./page/run.js"; run(open);`,
  ]);
  sources.push(["jwt", `import "./page/jwt.js"; // tessera`]);
  return new Map(
    await Promise.all(sources.map(async ([app, source]) => [app, await bundle(source)])),
  );
}

const document = (app, config, hints = []) => `<!doctype html>
<meta charset="utf-8" />
<title>${app}</title>
${hints.map((name) => hint(`/asset/${app}/${name}`)).join("\n")}
<script type="application/json">${JSON.stringify(config)}</script>
<script type="module" src="/asset/${app}/app.js"></script>
`;

/** As the README has it. */
const hint = (path) =>
  path.endsWith(".wasm")
    ? `<link rel="preload" href="${path}" as="fetch" type="application/wasm" crossorigin />`
    : `<link rel="modulepreload" href="${path}" />`;

function answer(response, headers, body) {
  response.writeHead(200, headers).end(body);
}

/** What a person would have: storage, cache and cookies of its own. */
async function newProfile(browser, url) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const tabs = new Map();
  await context.exposeBinding("report", ({ page }, outcome) => tabs.get(page)?.reported(outcome));
  return {
    context,
    async newTab() {
      const page = await context.newPage();
      const tab = new Tab(page, url, await context.newCDPSession(page));
      tabs.set(page, tab);
      return tab;
    },
    close: () => context.close(),
  };
}

class Tab {
  #url;
  #settle = () => {};

  constructor(page, url, devtools) {
    this.page = page;
    this.devtools = devtools;
    this.#url = url;
  }

  reported(outcome) {
    this.#settle(outcome);
  }

  /** The next outcome that a page here has; `act` brings it about. */
  async outcomeOf(act) {
    let alarm;
    const outcome = new Promise((resolve, reject) => {
      this.#settle = resolve;
      alarm = setTimeout(
        () => reject(new Error(`${this.page.url()} said nothing for a minute.`)),
        PATIENCE_MS,
      );
    });
    outcome.catch(() => undefined);
    await act();
    const { error, ...rest } = await outcome.finally(() => clearTimeout(alarm));
    if (error) throw new Error(`${this.page.url()}: ${error}`);
    return rest;
  }

  load(path) {
    return this.outcomeOf(() => this.page.goto(this.#url + path, { waitUntil: "commit" }));
  }

  /** Where nothing happens, in the same process. */
  rest() {
    return this.page.goto(`${this.#url}blank`);
  }

  /** To the provider, which asks nothing, and back. */
  async signIn(id) {
    const before = await this.load(`${id}/`);
    if (before.isSignedIn) throw new Error(`${id} is signed in already.`);
    const leave = () =>
      void app.signIn().catch((error) => globalThis.report({ error: `signIn: ${error.message}` }));
    return this.outcomeOf(() => this.page.evaluate(leave));
  }
}
