// The programs behind WebDriver: started once, ended with the tests.

import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, resolve } from "node:path";

const PATIENCE_MS = 30_000;

/** Those of `programs`, names on the PATH or paths of their own, that are not there; `null` if all are. */
export async function missingOf(programs) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const isThere = (program) =>
    Promise.any(folders.map((folder) => access(resolve(folder, program), constants.X_OK))).then(
      () => true,
      () => false,
    );
  const absent = [];
  for (const program of programs) if (!(await isThere(program))) absent.push(program);
  return absent.length > 0 ? absent.join(", ") : null;
}

/** Starts `program`; `end` sees it gone. What it says is kept from the terminal. */
export function start(program, words, { env = {}, output = "ignore" } = {}) {
  const child = spawn(program, words, {
    stdio: ["ignore", output, "ignore"],
    env: { ...process.env, ...env },
  });
  const gone = new Promise((settle) => child.once("exit", settle));
  // Whatever ends the tests ends it too.
  const kill = () => child.kill();
  process.once("exit", kill);
  const end = async () => {
    process.off("exit", kill);
    child.kill();
    await gone;
  };
  return { child, end };
}

/** Starts a driver that takes its port by `portFlag(port)`, and waits until it listens. */
export async function startDriver(program, portFlag, options) {
  const port = await freePort();
  const { end } = start(program, portFlag(port), options);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await fetch(`${url}/status`).catch(() => undefined))) {
    if (Date.now() > deadline) throw new Error(`${program} does not listen.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { url, end };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
