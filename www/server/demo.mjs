// The demo whole: page, identity provider and API, configured with each other's addresses.

import { start as startApi } from "./api.mjs";
import { listen } from "./listen.mjs";
import { discover, endpointOrigins } from "./metadata.mjs";
import { start as startPage } from "./page.mjs";
import { CLIENT_ID, SCOPE, start as startProvider } from "./provider.mjs";

/** A name that no network knows: the page shows that a call there is refused before it is sent. */
const UNLISTED_URL = "https://unlisted.example/orders";

/**
 * Starts everything on `port`, `port + 1` and `port + 2` (0: any free ones).
 *
 * @param {object} [options]
 * @param {{ issuer: string, clientId: string, scope?: string, audience?: string }} [options.server] another authorization server: none is started
 * @param {boolean} [options.hasSecondApi] whether there is another API, which wants tokens of its own, on `port + 3`
 * @param {object} [options.client] options of `createClient` beside or over those of the demo
 * @param {object} [options.page] @param {object} [options.provider] @param {object} [options.api] options of each server
 */
export async function startDemo({
  port = 0,
  server,
  client,
  hasSecondApi = false,
  page: pageOptions,
  provider: providerOptions,
  api: apiOptions,
} = {}) {
  const opened = [];
  const open = async (name, offset) => {
    const socket = await listen({ port: port && port + offset, name });
    opened.push(socket);
    return socket;
  };
  const closeAll = () => Promise.all(opened.map((socket) => socket.close()));

  try {
    // All ports are taken before anything is told its neighbours' addresses.
    const pageSocket = await open("page", 0);
    const providerSocket = server ? undefined : await open("identity provider", 1);
    const apiSocket = await open("API", 2);
    const pageUrl = pageSocket.url;
    const apiUrl = apiSocket.url;
    const secondSocket = hasSecondApi ? await open("second API", 3) : undefined;

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

    const api = await startApi({
      socket: apiSocket,
      issuer,
      origins: provider?.origins ?? [pageUrl],
      audience,
      clientId,
      ...apiOptions,
    });
    const second =
      secondSocket &&
      (await startApi({
        socket: secondSocket,
        issuer,
        origins: provider?.origins ?? [pageUrl],
        audience: secondSocket.url,
        clientId,
      }));
    const own = [apiUrl, ...(second ? [second.url] : [])];
    const config = {
      client: {
        issuer,
        clientId,
        scope,
        resources: [
          audience ? { url: apiUrl, audience } : apiUrl,
          ...(second ? [{ url: second.url, audience: second.url }] : []),
        ],
        postLogoutRedirectUri: `${pageUrl}/`,
        ...client,
      },
      api: apiUrl,
      unlisted: UNLISTED_URL,
      endSession: provider && `${issuer}/session/end`,
    };
    const { connect = [], ...rest } = pageOptions ?? {};
    const page = await startPage({
      socket: pageSocket,
      config,
      connect: [...origins, ...own, ...connect],
      ...rest,
    });

    const registered = { clientId, scope, audience };
    return { url: `${pageUrl}/`, page, provider, api, second, client: registered, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
