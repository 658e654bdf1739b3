// The types of the packed package: usable under `--strict`, true to the contract, and changed only on purpose.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { installed, workspace } from "../workspace.js";

const project = join(workspace, "types");
cpSync(join(import.meta.dirname, "../types"), project, { recursive: true });

/** Rejects with what the compiler says. */
function compile(...resolution) {
  const tsc = fileURLToPath(import.meta.resolve("typescript/lib/tsc.js"));
  const flags = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom",
    ...resolution,
  ];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [tsc, ...flags, "use.ts", "conforms.ts"],
      { cwd: project },
      (error, output) => (error ? reject(new Error(output)) : resolve()),
    );
  });
}

describe("the types", { concurrency: true }, () => {
  test("compile in an application and keep the contract, as a bundler resolves modules", () =>
    compile("--module", "preserve"));
  test("compile in an application and keep the contract, as Node resolves modules", () =>
    compile("--module", "nodenext"));

  test("the surface is the accepted one (accept another with UPDATE=1)", async () => {
    const accepted = join(import.meta.dirname, "../types", "surface.txt");
    const source = ts.createSourceFile(
      "index.d.ts",
      await readFile(join(installed, "index.d.ts"), "utf8"),
      ts.ScriptTarget.Latest,
    );
    const surface = ts.createPrinter({ removeComments: true }).printFile(source);
    if (process.env.UPDATE) await writeFile(accepted, surface);
    assert.equal(surface, await readFile(accepted, "utf8"));
  });
});
