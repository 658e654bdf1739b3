// What a page loads when it imports the package: one line for each file, `blocking|later  name  raw  gzip  brotli`.
// Blocking is what the entry imports statically; later is what it imports dynamically, and the WebAssembly modules that
// any of these name.
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const folder = process.argv[2];
const { metafile } = await build({
  absWorkingDir: folder,
  entryPoints: ["index.js"],
  bundle: true,
  format: "esm",
  splitting: true,
  outdir: "out",
  write: false,
  metafile: true,
  logLevel: "error",
});

const files = new Map();
function load(name, when) {
  if (files.has(name) && (files.get(name) === "blocking" || when === "later")) return;
  files.set(name, when);
  for (const { path, kind, external } of metafile.inputs[name]?.imports ?? []) {
    if (!external) load(path, kind === "import-statement" ? when : "later");
  }
}
load("index.js", "blocking");

for (const script of [...files.keys()]) {
  const text = await readFile(join(folder, script), "utf8");
  for (const [, path] of text.matchAll(
    /new URL\(\s*["']([^"']+\.wasm)["']\s*,\s*import\.meta\.url\s*\)/g,
  )) {
    files.set(relative(folder, join(folder, dirname(script), path)), "later");
  }
}

for (const [name, when] of files) {
  const bytes = await readFile(join(folder, name));
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  console.log(
    [when, name, bytes.length, gzipSync(bytes, { level: 9 }).length, brotli.length].join("\t"),
  );
}
