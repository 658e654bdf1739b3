// A server of the Model Context Protocol as its own SDK makes one: it knows who gives out its tokens, and says so (RFC 9728).

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from "@modelcontextprotocol/sdk/server/auth/router.js";
import cors from "cors";
import express from "express-5";
import { createRemoteJWKSet, jwtVerify } from "jose";

export const SCOPE = "mcp:tools";

/**
 * @param {object} options
 * @param {object} options.socket where it listens: its address is known before anybody else's
 * @param {string} options.issuer the authorization server
 * @param {boolean} [options.hidesMetadata] whether the well-known address has nothing: then only the challenge says where it is
 */
export async function startMcpServer({ socket, issuer, hidesMetadata = false }) {
  const { url, serve } = socket;
  const resource = new URL("/mcp", url);
  const answer = await fetch(new URL("/.well-known/openid-configuration", issuer));
  const oauthMetadata = await answer.json();
  const requests = [];

  const app = express();
  app.use((request, response, next) => {
    const { method, path, headers } = request;
    const entry = { method, path, headers };
    requests.push(entry);
    response.on("finish", () => (entry.status = response.statusCode));
    next();
  });
  const metadata = mcpAuthMetadataRouter({
    oauthMetadata,
    resourceServerUrl: resource,
    scopesSupported: [SCOPE],
  });
  const wellKnown = getOAuthProtectedResourceMetadataUrl(resource);
  const elsewhere = new URL("/about", url);
  if (hidesMetadata) {
    app.use("/about", (request, response, next) => {
      request.url = new URL(wellKnown).pathname;
      metadata(request, response, next);
    });
  } else app.use(metadata);
  app.use(cors({ exposedHeaders: ["WWW-Authenticate"] }));
  app.all(
    "/mcp",
    requireBearerAuth({
      verifier: { verifyAccessToken: verifier(oauthMetadata, resource.href) },
      requiredScopes: [SCOPE],
      resourceMetadataUrl: hidesMetadata ? elsewhere.href : wellKnown,
      expectedResource: resource,
    }),
    express.json(),
    async (request, response) => {
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: undefined,
        enableJsonResponse: true,
      });
      await createServer().connect(transport);
      await transport.handleRequest(request, response, request.body);
    },
  );
  serve(app);
  return { url: resource.href, requests };
}

/** A server with one tool, which says who has called it. */
function createServer() {
  const server = new McpServer({ name: "who", version: "1.0.0" });
  server.registerTool("whoami", { description: "Says who calls." }, ({ authInfo }) => ({
    content: [{ type: "text", text: `You are ${authInfo.extra.subject}.` }],
  }));
  return server;
}

/** Checks JWTs of the authorization server for this audience. */
function verifier({ issuer, jwks_uri }, audience) {
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, { issuer, audience }).catch((error) => {
      throw new InvalidTokenError(error.code ?? "not a token of this API");
    });
    const { client_id: clientId, scope = "", exp: expiresAt, sub: subject } = payload;
    return {
      token,
      clientId,
      scopes: scope.split(" "),
      expiresAt,
      resource: new URL(payload.aud),
      extra: { subject },
    };
  };
}
