// Servers in Python: Flask and FastAPI as their documentation shows them, where there is an interpreter that has them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { accountHints } from "./account.mjs";
import { BusyPortError } from "./listen.mjs";

const FOLDER = fileURLToPath(new URL("./python/", import.meta.url));
const PATIENCE_MS = 2_000;

/** The interpreter of the environment that `cargo xtask` has made, if there is one. */
export const PYTHON = process.env.TESSERA_PYTHON;

/** The servers, by the names that the page knows them by. */
const SERVERS = {
  tokens: { script: "flask_server", title: "Flask API with tokens" },
  cookies: { script: "flask_server", title: "Flask API with cookies" },
  session: { script: "flask_server", title: "Flask API with a session" },
  fastApi: { script: "fastapi_server", title: "FastAPI server" },
};

/**
 * Starts one of them. It ends with `close`, and with this process, however that ends.
 *
 * @param {"tokens" | "cookies" | "session" | "fastApi"} name
 * @param {number} [options.lifetime] seconds that an access token is good for
 */
export async function start(name, { port = 0, lifetime = 900 } = {}) {
  const { script, title } = SERVERS[name];
  const child = spawn(PYTHON, [`${script}.py`], {
    cwd: FOLDER,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    // Ctrl-C in a terminal reaches every process there: these are ended by us.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // It has ended: the promise below says so.
  child.stdin.write(`${JSON.stringify({ mode: name, port, lifetime, accounts: accountHints })}\n`);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => (said += chunk));
  const line = once(createInterface({ input: child.stdout }), "line");
  const ended = once(child, "close");
  const failed = ended.then(() => {
    throw new Error(`The ${title} did not start: ${said.trim().split("\n").at(-1)}`);
  });
  failed.catch(() => {});

  const { url, busy } = JSON.parse((await Promise.race([line, failed]))[0]);
  if (busy) throw new BusyPortError(busy, title);
  return {
    url,
    async close() {
      child.stdin.end();
      const kill = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      await ended;
      clearTimeout(kill);
    },
  };
}
