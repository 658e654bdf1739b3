// Every page as an application ships it: one entry, bundled and minified by esbuild, compressed once.

import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../pkg", import.meta.url));
/** The bundler is one of the tools that build the package. */
const { build } = createRequire(new URL("../../xtask/node/package.json", import.meta.url))(
  "esbuild",
);

const MIME_TYPES = { ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm" };

/**
 * The files of the page that `source` is the script of, by their names; the first is the entry.
 *
 * @returns {Promise<Map<string, { type: string, raw: number, gzip: number, brotli: number, body: Buffer }>>}
 */
export async function bundle(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: HERE, sourcefile: "app.js" },
    absWorkingDir: HERE,
    alias: { "tessera-auth": join(PACKAGE, "index.js") },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    outdir: "out",
    entryNames: "app",
    write: false,
    logLevel: "error",
  });
  const files = outputFiles
    .map(({ path, contents }) => [basename(path), Buffer.from(contents)])
    .sort(([one], [other]) => (other === "app.js") - (one === "app.js"));
  // Whatever names its module by `new URL(…, import.meta.url)` finds it beside the script.
  if (source.includes("tessera")) files.push(...(await modules()));
  return new Map(files.map(([name, body]) => [name, compressed(name, body)]));
}

async function modules() {
  const names = (await readdir(PACKAGE)).filter((name) => name.endsWith(".wasm"));
  return Promise.all(names.map(async (name) => [name, await readFile(join(PACKAGE, name))]));
}

function compressed(name, bytes) {
  const body = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  return {
    type: MIME_TYPES[name.slice(name.lastIndexOf("."))],
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: body.length,
    body,
  };
}
