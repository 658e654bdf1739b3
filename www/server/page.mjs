// The page server: the demo's static files and the built package, under the content security policy that a careful
// app would set.

import { readFile } from "node:fs/promises";
import { extname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { listen } from "./listen.mjs";

const WWW = fileURLToPath(new URL("..", import.meta.url));
export const PACKAGE = fileURLToPath(new URL("../../pkg/", import.meta.url));

const MIME_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ts": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** The files of `www/` that are for the browser. */
const PUBLIC_FILE = /^\/(?:[\w-]+\.(?:html|css|js|svg)|(?:view|kind)\/[\w-]+\.(?:css|js))$/;

/**
 * @param {object} options
 * @param {object} options.config what the page reads from `/config.json`: `client` goes to `createClient` as it is
 * @param {string[]} options.connect the origins that the page may talk to
 * @param {string} [options.packageDirectory] the built package, served at `/pkg/`
 * @param {Record<string, string>} [options.mounts] more directories, by path: `{ "/test/": "…" }`
 * @param {Record<string, Function>} [options.routes] more answers, by path: `(request, response) => …`
 * @param {Record<string, string>} [options.headers] more headers of every file
 */
export async function start({
  port = 0,
  socket,
  config,
  connect = [],
  packageDirectory = PACKAGE,
  mounts = {},
  routes = {},
  headers: moreHeaders = {},
}) {
  const { url, serve, close } = socket ?? (await listen({ port, name: "page" }));
  const directories = { ...mounts, "/pkg/": packageDirectory };
  const headers = { ...securityHeaders(connect), ...moreHeaders };
  const requests = [];

  serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    requests.push({ method: request.method, path: pathname, headers: request.headers });
    if (Object.hasOwn(routes, pathname)) return routes[pathname](request, response);
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response, 405, headers, "Only GET is answered here.\n");
    if (pathname === "/config.json")
      return send(
        response,
        200,
        { ...headers, "content-type": MIME_TYPES[".json"] },
        JSON.stringify(config),
      );

    const file = locate(pathname === "/" ? "/index.html" : decodePath(pathname), directories);
    const body = file && (await readFile(file).catch(() => undefined));
    if (!body) return send(response, 404, headers, "Nothing is here.\n");
    return send(
      response,
      200,
      { ...headers, "content-type": MIME_TYPES[extname(file)] ?? "application/octet-stream" },
      pathname === "/" ? withHints(body, searchParams.get("with") ?? "oauth") : body,
    );
  });

  return { url, close, requests };
}

/** What the page's head has fetched beside the scripts is the module that an OAuth client needs, and its glue; the other kinds have others. */
const withHints = (html, kind) =>
  kind === "oauth" ? html : String(html).replaceAll("/pkg/core", "/pkg/credentials");

/** The file behind `path`, or `undefined` where the browser has no business. */
function locate(path, directories) {
  const prefix = Object.keys(directories).find((candidate) => path.startsWith(candidate));
  if (!prefix) return PUBLIC_FILE.test(path) ? resolve(WWW, `.${path}`) : undefined;
  const root = resolve(directories[prefix]);
  const file = resolve(root, path.slice(prefix.length));
  return file.startsWith(root + sep) ? file : undefined;
}

function decodePath(path) {
  try {
    return decodeURIComponent(path).replaceAll("\0", "");
  } catch {
    return "";
  }
}

function securityHeaders(connect) {
  const reachable = ["'self'", ...new Set(connect)].join(" ");
  return {
    "cache-control": "no-cache",
    "content-security-policy": [
      "default-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'",
      `connect-src ${reachable}`,
      `frame-src ${reachable}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
      "object-src 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "content-type": "text/plain; charset=utf-8",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

function send(response, status, headers, body) {
  response.writeHead(status, headers);
  response.end(body);
}
