// One loopback port, answered on IPv4 and IPv6 alike, so that `localhost` reaches it whichever way it is resolved.

import { createServer } from "node:http";

const LOOPBACK_V4 = "127.0.0.1";
const LOOPBACK_V6 = "::1";
const FREE_PORT_ATTEMPTS = 20;

/**
 * Takes `port` (0: any free one) and returns it before there is anything to serve, so that servers which must know each
 * other's address can be configured with it. Requests that come before `serve` wait for it.
 *
 * @returns {Promise<{ url: string, serve(handler: Function): void, close(): Promise<void> }>} `url` has no trailing slash
 */
export async function listen({ port = 0, name = "server" } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await takePort(port);
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
      if (port === 0 && attempt < FREE_PORT_ATTEMPTS) continue;
      throw new BusyPortError(error.port, name, { cause: error });
    }
  }
}

/** The port is somebody else's. */
export class BusyPortError extends Error {
  name = "BusyPortError";
  constructor(port, serverName, options) {
    super(
      `Port ${port} is busy: the ${serverName} cannot start there. Stop what runs on it, or choose another with --port.`,
      options,
    );
    this.port = port;
  }
}

async function takePort(port) {
  let serve;
  const handler = new Promise((resolve) => (serve = resolve));
  const answer = async (request, response) => (await handler)(request, response);

  const servers = [await bind(createServer(answer), port, LOOPBACK_V4)];
  const taken = servers[0].address().port;
  try {
    servers.push(await bind(createServer(answer), taken, LOOPBACK_V6));
  } catch (error) {
    // A machine without IPv6 has only one loopback address.
    if (error.code === "EADDRINUSE") {
      await close(servers);
      throw error;
    }
  }
  return { url: `http://localhost:${taken}`, serve, close: () => close(servers) };
}

function bind(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function close(servers) {
  return Promise.all(
    servers.map((server) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    }),
  );
}
