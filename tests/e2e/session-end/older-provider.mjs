// An identity provider that knows Session Management and Front-Channel Logout: the last `oidc-provider` that had both, with its own
// pages for signing in and out.

import { generateKeyPair } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { listen } from "../../../www/server/listen.mjs";

const require = createRequire(import.meta.url);
const { Provider } = require("oidc-provider-6");

export const CLIENT_ID = "older-demo";

/** Its page for the frame has a script from elsewhere, which the tests serve: what is served must have the digest that it names. */
const SCRIPT = /^https:\/\/cdnjs\.cloudflare\.com\/ajax\/libs\/jsSHA\//;
const POLYFILL = /^https:\/\/polyfill\.io\//;

/**
 * @param {object} options
 * @param {string[]} options.redirectUris
 * @param {string} [options.frontchannelLogoutUri]
 */
export async function startOlderProvider({ socket, redirectUris, frontchannelLogoutUri }) {
  const { url, serve, close } = socket ?? (await listen({ name: "older identity provider" }));
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ format: "jwk" });
  const { port } = new URL(url);
  const requests = [];
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code"],
        response_types: ["code"],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris,
        ...(frontchannelLogoutUri && {
          frontchannel_logout_uri: frontchannelLogoutUri,
          frontchannel_logout_session_required: true,
        }),
      },
    ],
    jwks: { keys: [{ ...key, alg: "RS256", use: "sig", kid: "1" }] },
    // Cookies know no ports, and without TLS none is for other sites.
    cookies: {
      keys: ["of this test"],
      names: {
        session: `_session_${port}`,
        interaction: `_interaction_${port}`,
        resume: `_resume_${port}`,
        state: `_state_${port}`,
      },
      long: { httpOnly: true, overwrite: true, sameSite: "lax" },
      short: { httpOnly: true, overwrite: true, sameSite: "lax" },
    },
    clientBasedCORS: () => true,
    pkce: { methods: ["S256"] },
    features: {
      sessionManagement: { enabled: true, ack: "draft-30" },
      frontchannelLogout: { enabled: true, ack: "draft-04" },
    },
  });
  provider.use(async (context, next) => {
    requests.push({ path: context.path, method: context.method });
    await next();
  });
  serve(provider.callback);
  return { url, close, requests };
}

/** Serves what the provider's page wants from elsewhere. */
export async function serveScripts(context) {
  const body = await readFile(require.resolve("jssha/src/sha256.js"));
  const headers = { "access-control-allow-origin": "*", "content-type": "text/javascript" };
  await context.route(SCRIPT, (route) => route.fulfill({ body, headers }));
  await context.route(POLYFILL, (route) => route.fulfill({ body: "", headers }));
}
