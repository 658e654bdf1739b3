// README.md: its JavaScript compiles against the packed types, its page runs, and its tables are those of the types. What it
// says of the crate is checked by tests/readme.rs.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import ts from "typescript";
import { visit } from "../browser.js";
import { policy, serve } from "../server.js";
import { installed, workspace } from "../workspace.js";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
const folder = join(workspace, "readme");
mkdirSync(folder, { recursive: true });

const blocks = (language) =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , code]) => code);

/** The rows of the table below a heading, as `{ name, type, isRequired }`. */
function table(heading) {
  const [, section] = readme.split(`\n${heading}\n`);
  const lines = section.split(/\n(?=#)/)[0].split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first + 2, lines.indexOf("", first));
  return rows.map((row) => {
    const [, name, type, rest] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const text = (cell) => cell.replaceAll("`", "").replaceAll("\\|", "|");
    return { name: text(name), type: text(type), isRequired: rest === "required" };
  });
}

const types = ts.createSourceFile(
  "index.d.ts",
  readFileSync(join(installed, "index.d.ts"), "utf8"),
  ts.ScriptTarget.Latest,
  true,
);

const declared = (name) => types.statements.find((statement) => statement.name?.text === name);

/** The members of an interface or of an object type, as the rows of a table. */
function members({ members }) {
  return members.map(({ name, type, questionToken }) => ({
    name: name.getText(),
    type: ts.isFunctionTypeNode(type) ? "function" : type.getText().replace(/\s+/g, " "),
    isRequired: !questionToken,
  }));
}

const sorted = (rows) => rows.toSorted((one, other) => (one.name < other.name ? -1 : 1));

describe("README.md", { concurrency: true }, () => {
  test("its JavaScript compiles in strict TypeScript", () => {
    const [page] = blocks("html");
    const [, script] = /<script type="module">(.*?)<\/script>/s.exec(page);
    const sources = [...blocks("js"), script.replace("./tessera-auth/index.js", "tessera-auth")];
    assert.ok(sources.length > 5);
    const files = sources.map((source, index) => {
      const isComplete = !/\bclient\b/.test(source) || source.includes("const client");
      const preamble = isComplete ? "" : `declare const client: import("tessera-auth").Client;\n`;
      const file = join(folder, `block-${index}.ts`);
      writeFileSync(file, `${preamble}${source}\nexport {};\n`);
      return file;
    });
    const program = ts.createProgram(files, {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
      types: [],
    });
    const host = {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => "\n",
    };
    assert.equal(ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), host), "");
  });

  test("its page runs, and loads what its head names once", async () => {
    const [page] = blocks("html");
    // Reports when the page has done its work; the page's own script came first.
    const probe = `<output></output><script type="module">
      const button = () => document.querySelector("button")?.textContent;
      const report = () => {
        if (!button()) return;
        const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname.slice(1));
        const result = { button: button(), loaded };
        document.querySelector("output").textContent = JSON.stringify(result);
      };
      report();
      new MutationObserver(report).observe(document.body, { childList: true });
    </script>`;
    cpSync(installed, join(folder, "tessera-auth"), { recursive: true });
    writeFileSync(join(folder, "index.html"), page + probe);
    // The scripts of this page are in its HTML.
    const server = await serve(folder, policy.replace("script-src", "script-src 'unsafe-inline'"));
    try {
      const { report, complaints } = await visit(server.url);
      assert.deepEqual(complaints, []);
      assert.equal(report.button, "Sign in");
      const named = [...page.matchAll(/href="\.\/(.*?)"/g)].map(([, path]) => path);
      assert.ok(named.length > 1);
      const begun = report.loaded.filter((path) => named.includes(path));
      assert.deepEqual(begun.sort(), named.sort());
    } finally {
      server.close();
    }
  });

  const [, , resource] = declared("Resource").type.types;
  const [accessToken] = declared("Client").members.filter(
    ({ name }) => name.getText() === "accessToken",
  );
  for (const [heading, expected] of [
    [
      "### `createClient`",
      ["ClientOptions", "RegisteringClientOptions", "CommonOptions"].flatMap((name) =>
        members(declared(name)),
      ),
    ],
    ["A resource is a URL, or an object:", members(resource)],
    ["### `createPasswordClient`", members(declared("PasswordClientOptions"))],
    ["### `createApiKeyClient`", members(declared("ApiKeyClientOptions"))],
    ["### `createCookieClient`", members(declared("CookieClientOptions"))],
    ["### `signIn`", members(declared("SignInOptions"))],
    ["### `signOut`", members(declared("SignOutOptions"))],
    ["### `accessToken`", members(accessToken.parameters[0].type)],
    ["### `verifyJwt`", members(declared("verifyJwt").parameters[1].type)],
  ]) {
    test(`names every option and its type, below “${heading}”`, () =>
      assert.deepEqual(sorted(table(heading)), sorted(expected)));
  }

  test("names every error code", () => {
    const codes = declared("ErrorCode").type.types.map((type) => type.literal.text);
    const rows = table("## Error codes").map(({ name }) => name);
    assert.deepEqual(rows.sort(), codes.sort());
  });

  test("says how large the files are, within what few changes make of them", () => {
    const [, files] = readme.split(
      "A page loads each file when it first needs it (kB by brotli):\n\n",
    );
    const rows = files.split("\n\n")[0].split("\n").slice(2);
    assert.ok(rows.length > 3);
    for (const row of rows) {
      const [, names, said] = row.split("|").map((cell) => cell.trim());
      const sizes = [...names.matchAll(/`(.*?)`/g)].map(
        ([, name]) => brotliCompressSync(readFileSync(join(installed, name))).length,
      );
      const measured = sizes.reduce((sum, size) => sum + size) / 1000;
      const ratio = measured / Number(said);
      assert.ok(ratio > 0.85 && ratio < 1.1, `${names}: ${measured} kB`);
    }
  });

  test("names every event and its detail", () => {
    const expected = members(declared("AuthEventMap")).map(({ name, type }) => ({
      name,
      type: type.replace(/^CustomEvent<(.*?);?( })>$/, "$1$2"),
      isRequired: false,
    }));
    assert.deepEqual(sorted(table("## Events")), sorted(expected));
  });
});
