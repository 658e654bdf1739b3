// The demo whole: the page, and every server that it talks to, configured with each other's addresses.

import { accountHints } from "./account.mjs";
import { start as startApi } from "./api.mjs";
import { start as startKeys } from "./keys.mjs";
import { BusyPortError, listen } from "./listen.mjs";
import { discover, endpointOrigins } from "./metadata.mjs";
import { start as startPage } from "./page.mjs";
import { CLIENT_ID, FAPI_CLIENT_ID, SCOPE, start as startProvider } from "./provider.mjs";
import { start as startPython } from "./python.mjs";

/** A name that no network knows: the page shows that a call there is refused before it is sent. */
const UNLISTED_URL = "https://unlisted.example/orders";

/** The place of each server among the demo's ports, which follow each other. */
const OFFSETS = {
  page: 0,
  provider: 1,
  api: 2,
  second: 3,
  keys: 4,
  tokens: 5,
  cookies: 6,
  session: 7,
  fastApi: 8,
};
/** How many ports the demo takes, from the page's on. */
export const PORTS = Object.keys(OFFSETS).length;
/** The servers in Python, by the names that the page knows them by. */
export const PYTHON_SERVERS = ["tokens", "cookies", "session", "fastApi"];

/**
 * Starts everything on `port` and those that follow it (0: any free ones).
 *
 * @param {object} [options]
 * @param {{ issuer: string, clientId: string, scope?: string, audience?: string }} [options.server] another authorization server: none is started
 * @param {object} [options.client] options of `createClient` beside or over those of the demo
 * @param {object} [options.python] `servers`: the names of those to start; `lifetime`: seconds that their access tokens are good for;
 *   `lacking`: what the page says about those that are not there
 * @param {object} [options.page] @param {object} [options.provider] @param {object} [options.api] options of each server; the `socket` of
 *   the page may be known before
 */
export async function startDemo({
  port = 0,
  server,
  client,
  python: { servers: pythonServers = [], lacking = "It was not started.", lifetime } = {},
  page: pageOptions,
  provider: providerOptions,
  api: apiOptions,
} = {}) {
  const opened = [];
  const keep = (started) => {
    opened.push(started);
    return started;
  };
  const at = (name) => port && port + OFFSETS[name];
  const open = async (place, name) => keep(await listen({ port: at(place), name }));
  const closeAll = () => Promise.all(opened.map((started) => started.close()));

  let starting;
  try {
    // They take longest.
    starting = pythonServers.map(async (name) => [
      name,
      keep(await startPython(name, { port: at(name), lifetime })),
    ]);
    for (const each of starting) each.catch(() => {});

    // All ports are taken before anything is told its neighbours' addresses.
    const pageSocket = keep(pageOptions?.socket ?? (await listen({ port, name: "page" })));
    const providerSocket = server ? undefined : await open("provider", "identity provider");
    const apiSocket = await open("api", "API");
    const secondSocket = await open("second", "second API");
    const keysSocket = await open("keys", "API of keys");
    const pageUrl = pageSocket.url;
    const apiUrl = apiSocket.url;

    const provider =
      providerSocket &&
      (await startProvider({ socket: providerSocket, pageUrl, apiUrl, ...providerOptions }));
    const { issuer, clientId, scope, audience } = server ?? {
      issuer: provider.url,
      clientId: CLIENT_ID,
      scope: SCOPE,
      audience: apiUrl,
    };
    const origins = server ? endpointOrigins(await discover(issuer)) : [issuer];
    const common = { issuer, clientId, origins: provider?.origins ?? [pageUrl] };

    const api = await startApi({ socket: apiSocket, audience, ...common, ...apiOptions });
    const second = await startApi({
      socket: secondSocket,
      audience: secondSocket.url,
      ...common,
    });
    const keys = await startKeys({ socket: keysSocket });
    const { python, problem } = await gather(starting);
    const pythonUrls = Object.fromEntries(
      Object.entries(python).map(([name, { url }]) => [name, url]),
    );

    const config = {
      client: {
        issuer,
        clientId,
        scope,
        resources: [audience ? { url: apiUrl, audience } : apiUrl],
        postLogoutRedirectUri: `${pageUrl}/`,
        ...client,
      },
      api: apiUrl,
      // Another server need not know the second API, nor be the one that the API names, nor have another client.
      second: provider && second.url,
      fapiClient: provider && FAPI_CLIENT_ID,
      unlisted: UNLISTED_URL,
      endSession: provider && `${issuer}/session/end`,
      keys: keys.url,
      ...pythonUrls,
      lacking: problem ?? lacking,
      accounts: accountHints,
    };
    const { connect = [], ...rest } = pageOptions ?? {};
    const page = await startPage({
      socket: pageSocket,
      config,
      connect: [...origins, apiUrl, second.url, keys.url, ...Object.values(pythonUrls), ...connect],
      ...rest,
    });

    const registered = { clientId, scope, audience };
    return {
      url: `${pageUrl}/`,
      page,
      provider,
      api,
      second,
      keys,
      python,
      client: registered,
      close: closeAll,
    };
  } catch (error) {
    await Promise.allSettled(starting ?? []);
    await closeAll();
    throw error;
  }
}

/** The servers in Python that run, and why others do not: the demo is a demo without them. A busy port is for the user to free. */
async function gather(starting) {
  const settled = await Promise.allSettled(starting);
  const problems = settled.filter(({ reason }) => reason).map(({ reason }) => reason);
  const busy = problems.find((problem) => problem instanceof BusyPortError);
  if (busy) throw busy;
  const running = settled.filter(({ value }) => value).map(({ value }) => value);
  return { python: Object.fromEntries(running), problem: problems[0]?.message };
}
