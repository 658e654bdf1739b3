// Every script of the package must run under `script-src 'self' 'wasm-unsafe-eval'` and must not hold up the modules that
// import it: no eval, no function made of text, no top-level await.
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { transform } from "esbuild";

const folder = process.argv[2];
const names = await readdir(folder, { recursive: true });
const faults = [];
for (const name of names.filter((name) => /\.m?js$/.test(name))) {
  const source = await readFile(join(folder, name), "utf8");
  let code;
  try {
    // Without comments and white space, so that words in a comment do no harm; in ES2021, which has no top-level await.
    ({ code } = await transform(source, {
      format: "esm",
      legalComments: "none",
      minifyWhitespace: true,
      target: "es2021",
    }));
  } catch (error) {
    faults.push(...error.errors.map(({ text }) => `${name}: ${text}`));
    continue;
  }
  if (/\beval\(/.test(code))
    faults.push(`${name}: calls eval, which a Content-Security-Policy forbids.`);
  if (/\bnew Function\b/.test(code))
    faults.push(`${name}: makes a function of text, which a Content-Security-Policy forbids.`);
}
for (const fault of faults) console.error(`${relative(".", folder)}/${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
