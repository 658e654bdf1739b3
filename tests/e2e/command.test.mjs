// The demo's command: its words, its ports, its check, its end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PORTS } from "../../www/server/demo.mjs";
import { listen } from "../../www/server/listen.mjs";
import { start as startProvider } from "../../www/server/provider.mjs";
import { skip } from "./first-party.mjs";
import { until } from "./harness.mjs";

const WITH_PYTHON = { TESSERA_PYTHON: process.env.TESSERA_PYTHON };
const MAIN = fileURLToPath(new URL("../../www/server/main.mjs", import.meta.url));

describe("command", { concurrency: 3 }, () => {
  test("--help names every option", async () => {
    const { code, output } = await run("--help");
    assert.equal(code, 0);
    for (const option of [
      "--port",
      "--issuer",
      "--client-id",
      "--scope",
      "--audience",
      "--redirect-uri",
      "--check",
      "--help",
    ])
      assert.match(output, new RegExp(`^  ${option}\\b`, "m"));
  });

  test("refuses options that it does not know or that lack their other half", async () => {
    for (const options of [
      ["--prot", "1"],
      ["--port", "many"],
      ["--issuer", "https://id.example.com"],
      ["--client-id", "app"],
      ["--redirect-uri", "app.example/callback"],
      [
        "--redirect-uri",
        "http://localhost:3000/",
        "--issuer",
        "https://id.example.com",
        "--client-id",
        "app",
      ],
    ]) {
      const { code, output } = await run(...options);
      assert.equal(code, 1, options.join(" "));
      assert.match(output, new RegExp(options[0]));
      assert.doesNotMatch(output, /^\s+at /m, "a sentence, not a stack");
    }
  });

  for (const [offset, name, options] of [
    [0, "page"],
    [1, "identity provider"],
    [2, "API"],
    [4, "API of keys"],
    [6, "Flask API with cookies", { skip, env: WITH_PYTHON }],
  ]) {
    test(`names the port that is busy: the ${name}'s`, options ?? {}, async (t) => {
      const { port, release } = await freePorts(t, offset);
      const demo = launch("--port", String(port), options?.env);
      const [code, output] = [await demo.exit, demo.output()];
      release();
      assert.equal(code, 1);
      assert.match(output, new RegExp(`Port ${port + offset} is busy: the ${name} `));
    });
  }

  /** Five servers of Node, and four in Python if there is one. */
  for (const [signal, taken, env] of [
    ["SIGTERM", 5],
    ["SIGINT", PORTS, WITH_PYTHON],
  ])
    test(
      `starts on the ports it is told, prints the address, and ends with ${signal}`,
      { skip: env && skip },
      async (t) => {
        const { port } = await freePorts(t);
        const ports = Array.from({ length: taken }, (_, offset) => port + offset);
        const demo = launch("--port", String(port), env);
        t.after(() => demo.child.kill());
        await until(() => demo.output().includes("Ctrl-C"), "the demo has started");
        assert.match(demo.output(), new RegExp(`page +http://localhost:${port}/`));
        for (const each of ports) assert.ok(await answers(each), `port ${each} answers`);
        demo.child.kill(signal);
        assert.equal(await demo.exit, 0);
        for (const each of ports) assert.ok(!(await answers(each)), `port ${each} is free again`);
      },
    );

  test("--redirect-uri lets another page sign in and call the API, and the terminal says as whom", async (t) => {
    const { port } = await freePorts(t);
    const [mine, another] = ["http://localhost:3000/callback", "https://app.example/"];
    const words = ["--redirect-uri", mine, `--redirect-uri=${another}`];
    const demo = launch("--port", String(port), ...words);
    t.after(() => demo.child.kill());
    await until(() => demo.output().includes("Ctrl-C"), "the demo has started");
    const [issuer, api] = [`http://localhost:${port + 1}`, `http://localhost:${port + 2}`];
    assert.match(demo.output(), /client id +tessera-demo\n/);
    assert.match(demo.output(), /scope +openid profile email offline_access api:read\n/);
    assert.match(demo.output(), new RegExp(`audience +${api}\n`));

    const isTaken = async (redirectUri) => {
      const asked = new URLSearchParams({
        client_id: "tessera-demo",
        redirect_uri: redirectUri,
        response_type: "code",
        scope: "openid",
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        code_challenge_method: "S256",
      });
      const answer = await fetch(`${issuer}/auth?${asked}`, { redirect: "manual" });
      return /\/interaction\//.test(answer.headers.get("location"));
    };
    assert.deepEqual(
      await Promise.all([mine, another, "https://elsewhere.example/"].map(isTaken)),
      [true, true, false],
    );
    for (const url of [`${issuer}/.well-known/openid-configuration`, `${api}/ok`]) {
      const { origin } = new URL(mine);
      const answer = await fetch(url, { headers: { origin } });
      assert.ok([origin, "*"].includes(answer.headers.get("access-control-allow-origin")), url);
    }
  });

  test("--issuer runs the page against another server and starts none", async (t) => {
    const { port } = await freePorts(t);
    const pageUrl = `http://localhost:${port}`;
    const other = await startProvider({ pageUrl, apiUrl: `http://localhost:${port + 2}` });
    t.after(other.close);
    const demo = launch(
      "--port",
      String(port),
      "--issuer",
      other.url,
      "--client-id",
      "tessera-demo",
    );
    t.after(() => demo.child.kill());
    await until(() => demo.output().includes("Ctrl-C"), "the demo has started");

    const page = await fetch(pageUrl);
    assert.match(
      page.headers.get("content-security-policy"),
      new RegExp(`connect-src [^;]*${other.url}`),
    );
    const { client, second, lacking } = await (await fetch(`${pageUrl}/config.json`)).json();
    assert.deepEqual([client.issuer, second], [other.url, undefined]);
    assert.match(lacking, /^Flask and FastAPI are not running: /);
    assert.ok(!(await answers(port + 1)), "no provider of its own");
  });

  test("--issuer says so when there is nothing at that address", async (t) => {
    const { port } = await freePorts(t);
    const { code, output } = await run(
      "--port",
      String(port),
      "--issuer",
      `http://localhost:${port + 1}`,
      "--client-id",
      "app",
    );
    assert.equal(code, 1);
    assert.match(output, /No metadata at the issuer/);
  });

  test("--check signs in, calls the API, and says each step", async () => {
    const { code, output } = await run("--check");
    assert.equal(code, 0, output);
    assert.match(output, /ok +call the API with the token: 200/);
    assert.doesNotMatch(output, /warning|NOTICE|FAIL/i);
  });
});

/** The last of `options` may be an environment; by default there is no Python in it, which takes its time to start. */
function launch(...options) {
  let text = "";
  const env = typeof options.at(-1) === "object" ? options.pop() : { TESSERA_PYTHON: undefined };
  const child = spawn(process.execPath, [MAIN, ...options.filter(Boolean)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const exit = new Promise((resolve) => child.on("close", resolve));
  return { child, exit, output: () => text };
}

async function run(...options) {
  const { exit, output } = launch(...options);
  return { code: await exit, output: output() };
}

/** Neighbouring ports that are free now, but for the one at `busy`, which is held until `release`. */
async function freePorts(t, busy) {
  for (;;) {
    const first = await listen();
    const port = Number(new URL(first.url).port);
    const rest =
      port > 65_000
        ? []
        : await Promise.all(
            Array.from({ length: PORTS - 1 }, (_, index) =>
              listen({ port: port + index + 1 }).catch(() => undefined),
            ),
          );
    const held = [first, ...rest].filter(Boolean);
    const complete = held.length === PORTS;
    await Promise.all(
      held.filter((_, offset) => !complete || offset !== busy).map((socket) => socket.close()),
    );
    if (!complete) continue;
    const release = () => held[busy]?.close();
    if (busy !== undefined) t.after(release);
    return { port, release };
  }
}

const answers = (port) =>
  fetch(`http://localhost:${port}/`).then(
    () => true,
    () => false,
  );
