// Any browser that speaks W3C WebDriver, in as few words of it as the tests need.

/** How soon the outcome of a promise in the page is asked for again, at first and at last. */
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

/** No command takes longer, unless the browser hangs. */
const PATIENCE_MS = 60_000;

/** Opens a session at the driver that listens at `url`; a tab is a window of its own, so that all are visible. */
export async function openSession(url, capabilities) {
  const { sessionId } = await send(url, "POST", "/session", {
    capabilities: { alwaysMatch: { ...capabilities, pageLoadStrategy: "none" } },
  });
  const session = new Session(`${url}/session/${sessionId}`);
  await session.begin();
  return { newTab: () => session.newTab(), close: () => session.command("DELETE", "") };
}

/** A driver looks at one window at a time: what concerns a window waits for its turn. */
class Session {
  #url;
  #first;
  #current;
  #turn = Promise.resolve();

  constructor(url) {
    this.#url = url;
  }

  command(method, path, body) {
    return send(this.#url, method, path, body);
  }

  async begin() {
    this.#first = this.#current = await this.command("GET", "/window");
  }

  /** Asked for in the first window, which stays open: a driver that looks at a closed one opens no other. */
  async newTab() {
    const { handle } = await this.inWindow(this.#first, "POST", "/window/new", { type: "window" });
    return new WebDriverTab(this, handle);
  }

  /** One command, in the window `handle`. */
  inWindow(handle, method, path, body) {
    return this.#exclusively(async () => {
      if (this.#current !== handle) {
        this.#current = undefined;
        await this.command("POST", "/window", { handle });
        this.#current = handle;
      }
      return this.command(method, path, body);
    });
  }

  #exclusively(act) {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

let evaluations = 0;

class WebDriverTab {
  #session;
  #handle;

  constructor(session, handle) {
    this.#session = session;
    this.#handle = handle;
  }

  goto(url) {
    return this.#command("POST", "/url", { url });
  }

  /**
   * Runs `act` in the page with `values`, which are JSON, as what it gives must be. The driver is kept waiting for no promise:
   * other windows have their turn meanwhile.
   */
  async evaluate(act, ...values) {
    const id = `evaluation ${(evaluations += 1)}`;
    let outcome = await this.#execute(begin(act), [id, values]);
    for (let pause = SHORTEST_PAUSE_MS; outcome.isPending; pause *= 2) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE_MS)));
      outcome = await this.#execute(COLLECT, [id]);
    }
    if (!outcome.error) return outcome.value;
    const { name, message, code } = outcome.error;
    throw Object.assign(new Error(`${name}: ${message}`), { code });
  }

  /** As a user does it: it lets the page open a window. */
  async click(selector) {
    const found = await this.#command("POST", "/element", {
      using: "css selector",
      value: selector,
    });
    const [element] = Object.values(found);
    await this.#command("POST", `/element/${element}/click`, {});
  }

  back() {
    return this.#command("POST", "/back", {});
  }

  reload() {
    return this.#command("POST", "/refresh", {});
  }

  close() {
    return this.#command("DELETE", "/window");
  }

  /** There is no command to end its process: at least nothing in the page is asked. */
  kill() {
    return this.close();
  }

  /** No driver can take the network from a page: it is told that it has none, as by the browser. */
  setOnline(isOnline) {
    return this.evaluate((isOnline) => {
      Object.defineProperty(Navigator.prototype, "onLine", {
        configurable: true,
        get: () => isOnline,
      });
      dispatchEvent(new Event(isOnline ? "online" : "offline"));
    }, isOnline);
  }

  /** A page that is being left gives nothing. */
  async #execute(script, args) {
    return (await this.#command("POST", "/execute/sync", { script, args })) ?? GONE;
  }

  #command(method, path, body) {
    return this.#session.inWindow(this.#handle, method, path, body);
  }
}

/** A script that gives the outcome of `act`, or leaves it in the page for `COLLECT`. */
const begin = (act) => `
  const [id, values] = arguments;
  const failed = (error) => ({
    error: { name: String(error?.name), message: String(error?.message ?? error), code: error?.code },
  });
  try {
    const value = (${act})(...values);
    if (typeof value?.then !== "function") return { value };
    const outcomes = (window.outcomesForTest ??= {});
    outcomes[id] = { isPending: true };
    value.then(
      (value) => (outcomes[id] = { value }),
      (error) => (outcomes[id] = failed(error)),
    );
    return outcomes[id];
  } catch (error) {
    return failed(error);
  }`;

const COLLECT = "return window.outcomesForTest?.[arguments[0]];";
const GONE = { error: { name: "Gone", message: "another page is there now" } };

/** The error codes of WebDriver are in its answers; a driver that is not there is an error of `fetch`. */
async function send(url, method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { value } = await response.json();
  if (response.ok) return value;
  throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`);
}
