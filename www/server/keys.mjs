// An API that knows its callers by a key. It knows one at a time, and hands out the present one, slowly, to whoever asks: a real
// server would ask who that is.

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { listen } from "./listen.mjs";
import { nameCredentials, SAW } from "./saw.mjs";

const HAND_OUT_MS = 200;
/** Where the key may be: in a header of its own, or in the common one behind a word. */
const PLACES = [
  ["x-api-key", ""],
  ["authorization", "ApiKey "],
];

/** `key` of what this resolves with is the one that is good; `elsewhere` is where `/api/leave` leads. */
export async function start({ port = 0, socket, key = newKey() } = {}) {
  const { url, serve, close } = socket ?? (await listen({ port, name: "API of keys" }));
  const server = { url, close, key, requests: [], handedOut: 0, atOnce: 0, mostAtOnce: 0 };

  serve(async (request, response) => {
    const answer = (status, body, headers) =>
      response.writeHead(status, { ...cors(request), ...headers }).end(body);
    if (request.method === "OPTIONS") return answer(204);
    server.requests.push({ method: request.method, path: request.url, headers: request.headers });
    if (request.url === "/new-key") return answer(200, await handOut(server));
    if (request.url === "/rotate") return answer(204, void (server.key = newKey()));
    if (!request.url.startsWith("/api/")) return answer(404);
    if (request.url === "/api/leave") return answer(307, "", { location: server.elsewhere });
    const isGood = PLACES.some(
      ([header, prefix]) => request.headers[header] === prefix + server.key,
    );
    const told = isGood ? { ok: true, time: new Date().toISOString() } : { msg: "No such key." };
    return answer(isGood ? 200 : 401, JSON.stringify(told), { "content-type": "application/json" });
  });
  return server;
}

async function handOut(server) {
  server.mostAtOnce = Math.max(server.mostAtOnce, ++server.atOnce);
  await wait(HAND_OUT_MS);
  server.atOnce -= 1;
  server.handedOut += 1;
  return server.key;
}

const newKey = () => `demo-${randomBytes(12).toString("hex")}`;

/** For a page on a port of this machine. */
function cors({ headers }) {
  if (!headers.origin?.startsWith("http://localhost:")) return {};
  return {
    "access-control-allow-origin": headers.origin,
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
    "access-control-allow-methods": "GET, POST",
    "access-control-expose-headers": SAW,
    "cache-control": "no-store",
    [SAW]: JSON.stringify(nameCredentials(headers)),
    vary: "origin",
  };
}
