// An API that says of itself whatever a test wants it to say.

import { listen } from "../../www/server/listen.mjs";

const WELL_KNOWN = "/.well-known/oauth-protected-resource/api";

export async function startStranger() {
  const { url, serve, close } = await listen({ port: 0, name: "stranger" });
  const requests = [];
  let said = {};
  serve((request, response) => {
    requests.push({ path: request.url, headers: request.headers });
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "www-authenticate");
    if (request.url === WELL_KNOWN) {
      response.writeHead(said.status ?? 200, said.location ? { location: said.location } : {});
      return response.end(said.body ?? "");
    }
    if (said.challenge) response.setHeader("www-authenticate", said.challenge);
    response.writeHead(401).end();
  });
  return {
    url,
    close,
    requests,
    say: (what) => (said = what),
    /** What it may say, and what comes of it. `mcp` is an honest API, `issuer` its server. */
    cases({ mcp, issuer }) {
      const resource = `${url}/api`;
      const tell = (member) => ({
        body: JSON.stringify({ resource, authorization_servers: [issuer], ...member }),
      });
      const servers = (...authorization_servers) => tell({ authorization_servers });
      const honest = new URL(`/.well-known/oauth-protected-resource/mcp`, mcp).href;
      return [
        [tell({ resource: mcp }), "resource_mismatch"],
        [tell({ resource: `${resource}/` }), "resource_mismatch"],
        [servers("http://as.example"), "insecure_url"],
        [servers(issuer.replace("//", "//user:pass@")), "invalid_response"],
        [servers(`${issuer}/`), "issuer_mismatch"],
        // That server's 404 has no CORS.
        [servers(`${issuer}/elsewhere`), "network"],
        [servers("javascript:alert(1)"), "insecure_url"],
        [servers(), "discovery_failed"],
        [{ body: "<!doctype html><title>Welcome</title>" }, "discovery_failed"],
        [{ body: JSON.stringify({ resource, x: "x".repeat(2 << 20) }) }, "discovery_failed"],
        [{ status: 302, location: honest }, "discovery_failed"],
        [{ status: 404 }, "discovery_failed"],
        [{ status: 404, challenge: `Bearer resource_metadata="${honest}"` }, "discovery_failed"],
        [
          { status: 404, challenge: 'Bearer resource_metadata="http://as.example/x"' },
          "discovery_failed",
        ],
        [{ status: 503 }, "server_error"],
      ];
    },
  };
}
