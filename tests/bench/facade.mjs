// Two of the peers are made for one server each. This one speaks as theirs do, in front of the identity provider: Auth0's paths, and its
// issuer that ends in a slash; Keycloak's refresh tokens, which are JWTs. It asks for the API's audience, which neither knows how to.

import { listen } from "../../www/server/listen.mjs";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url"));

/** @param {{ provider: string, audience: string }} of: where the provider is, and what its tokens are for */
export async function startFacade({ provider, audience }) {
  const { url, serve, close } = await listen({ name: "facade" });
  const requests = [];

  serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    requests.push({ method: request.method, path: pathname });
    const [, dialect, ...rest] = pathname.split("/");
    if (/^(authorize|auth)$/.test(rest.join("/"))) {
      searchParams.delete("audience");
      searchParams.set("resource", audience);
      return response.writeHead(302, { location: `${provider}/auth?${searchParams}` }).end();
    }
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    response.setHeader("access-control-allow-credentials", "true");
    if (request.method === "OPTIONS") {
      const asked = request.headers["access-control-request-headers"] ?? "";
      return response.writeHead(204, { "access-control-allow-headers": asked }).end();
    }
    const form = new URLSearchParams(await textOf(request));
    form.delete("audience");
    form.set("resource", audience);
    if (dialect === "keycloak" && form.has("refresh_token"))
      form.set("refresh_token", decode(form.get("refresh_token").split(".")[1]).jti);
    const answer = await fetch(`${provider}/token`, { method: "POST", body: form });
    const tokens = await answer.json();
    response.writeHead(answer.status, {
      "content-type": "application/json",
      "cache-control": "no-store",
    });
    response.end(JSON.stringify(answer.ok ? translate[dialect](tokens, `${url}/auth0/`) : tokens));
  });
  return { url, requests, close };
}

const translate = {
  /** It checks the issuer's name and no signature. */
  auth0: (tokens, issuer) => {
    const [header, claims, signature] = tokens.id_token.split(".");
    return {
      ...tokens,
      id_token: [header, encode({ ...decode(claims), iss: issuer }), signature].join("."),
    };
  },
  keycloak: (tokens) => ({
    ...tokens,
    refresh_token: [encode({ alg: "none" }), encode({ jti: tokens.refresh_token }), ""].join("."),
  }),
};

async function textOf(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
