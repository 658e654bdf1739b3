// What stands between a browser and the identity provider: it loses, delays and answers what it is told to, over real
// connections. Untold, it passes everything on.

import { request as send } from "node:http";
import { listen } from "../../../www/server/listen.mjs";

/** `proxy.url` is the address that browsers know; `proxy.forwardTo` says who is behind it. */
export async function startProxy() {
  const { url, serve, close } = await listen({ name: "proxy" });
  const requests = [];
  const callbacks = [];
  const faults = new Map();
  const kept = new Map();
  const target = withResolvers();
  let underWay = 0;

  serve(async (request, response) => {
    const { pathname } = new URL(request.url, url);
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined) return;
    const exchange = new Exchange(request, response, body, await target.promise, kept);
    requests.push({ path: pathname, form: exchange.form, atMs: performance.now() });
    underWay += 1;
    response.once("close", () => (underWay -= 1));
    response.once("finish", () => {
      const location = response.getHeader("location");
      if (/[?&]code=/.test(location)) callbacks.push(location);
    });
    const queue = request.method === "POST" ? faults.get(pathname) : undefined;
    const fault = queue?.length > 1 ? queue.shift() : queue?.[0];
    await (fault ?? passOn)(exchange).catch(() => exchange.drop());
  });

  return {
    url,
    close,
    /** The addresses by which sign-ins came back. */
    callbacks,
    forwardTo: target.resolve,
    /** The requests for new tokens that left a browser, also those that came no further. */
    renewals: () =>
      requests.filter(({ path, form }) => path === "/token" && form.has("refresh_token")),
    /** No request waits for its answer. */
    isQuiet: () => underWay === 0,
    /** What happens to the next requests to the token endpoint, one after the other; the last stays. */
    onToken: (...next) => void faults.set("/token", next),
    heal: () => faults.clear(),
  };
}

class Exchange {
  form;
  #request;
  #response;
  #body;
  #target;
  #kept;

  constructor(request, response, body, target, kept) {
    this.form = new URLSearchParams(body.toString());
    this.#request = request;
    this.#response = response;
    this.#body = body;
    this.#target = target;
    this.#kept = kept;
  }

  /** Has the server act, and gives its answer; or the one that was kept for this refresh token. */
  async forward() {
    return this.#kept.get(this.form.get("refresh_token")) ?? this.#ask();
  }

  /** What a server does that lets a rotated refresh token answer once more for a while. */
  keep(answer) {
    this.#kept.set(this.form.get("refresh_token"), answer);
  }

  answer({ status, headers, body }) {
    // Browsers send a request again by themselves when a connection that they use again is cut.
    this.#response.writeHead(status, { ...headers, connection: "close" }).end(body);
  }

  drop() {
    this.#request.socket.destroy();
  }

  /** The browser does not wait any more. */
  get isAbandoned() {
    return this.#request.socket.destroyed;
  }

  onAbandoned(listener) {
    this.#request.socket.once("close", listener);
  }

  #ask() {
    const { method, url, headers } = this.#request;
    return new Promise((resolve, reject) => {
      const onward = send(`${this.#target}${url}`, { method, headers }, async (answer) => {
        const { statusCode: status, headers } = answer;
        resolve({ status, headers, body: await readBody(answer) });
      });
      onward.once("error", reject).end(this.#body);
    });
  }
}

export const passOn = async (exchange) => exchange.answer(await exchange.forward());

/** The request is lost before the server sees it. */
export const loseRequest = async (exchange) => exchange.drop();

/** The answer is lost after the server has acted. */
export const loseAnswer = async (exchange) => {
  await exchange.forward();
  exchange.drop();
};

/** The answer is lost, and the server gives it again to whoever brings the same refresh token. */
export const loseAnswerWithGrace = async (exchange) => {
  exchange.keep(await exchange.forward());
  exchange.drop();
};

/** Another answer than the server's, which sees nothing of it. */
export const answerInstead =
  (status, headers = {}, body = "") =>
  async (exchange) =>
    exchange.answer({
      status,
      headers: {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "retry-after",
        ...headers,
      },
      body,
    });

/** What a captive portal or a broken load balancer says. */
export const answerHtml = answerInstead(
  200,
  { "content-type": "text/html" },
  "<!doctype html><title>Welcome</title><p>Sign in to the Wi-Fi.",
);

/**
 * Stops the first exchange before the server sees it, until `release`; if the browser does not wait any more, it is lost.
 * `arrival` tells that one is there, `abandonment` that nobody waits for it.
 */
export const hold = () => pause(async () => {}, passOn);

/** Like `hold`, but the server has acted by then. Its answer is kept for whoever comes with the same refresh token. */
export const holdAnswerWithGrace = () =>
  pause(async (exchange) => exchange.keep(await exchange.forward()), passOn);

/** The server has acted, and its answer is lost when the browser does not wait any more. */
export const holdAnswer = () =>
  pause(
    async (exchange) => (exchange.held = await exchange.forward()),
    async (exchange) => exchange.answer(exchange.held),
  );

function pause(begin, end) {
  const [arrival, abandonment, release] = [withResolvers(), withResolvers(), withResolvers()];
  const fault = async (exchange) => {
    exchange.onAbandoned(abandonment.resolve);
    await begin(exchange);
    arrival.resolve();
    await release.promise;
    if (!exchange.isAbandoned) await end(exchange);
  };
  return Object.assign(fault, {
    arrival: arrival.promise,
    abandonment: abandonment.promise,
    release: release.resolve,
  });
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

async function readBody(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
