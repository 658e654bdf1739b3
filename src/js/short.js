// The short way of a call that has no body, with a token that is good: the core is asked once, for as little as possible. Everything
// else has the long way.

/** What such a call is sent with, and what `goOn` wants to know of that. */
export const asPass = (header, ...sent) => ({ header, sent });

/** The core with another `fetch`. `memory` knows of which addresses there is no doubt, and `send` sends a call as the core does. */
export function withShortWay(core, client, memory, send) {
  const goLongWay = core.fetch.bind(core);

  core.fetch = async (input, init) => {
    const request = asPlainCall(input, init);
    const pass = request && memory.covers(request.url) ? core.pass() : undefined;
    if (!pass) return goLongWay(input, init);
    const { session } = client;
    const answer = await send(request, pass.header);
    const isRefused = answer.status === 401 || answer.status === 403;
    // What was fetched for one user is nothing for the next.
    const isSame = client.session === session;
    return isSame && !isRefused ? answer : core.goOn(request, ...pass.sent, answer);
  };
  return core;
}

/** A request that can be sent again as it is. What is wrong with it is for the core to say. */
function asPlainCall(input, init) {
  try {
    if (typeof input !== "string" && !(input instanceof URL)) return undefined;
    if ((init?.body ?? init?.method) !== undefined) return undefined;
    const request = new Request(input, init);
    return request.mode === "no-cors" ? undefined : request;
  } catch {
    return undefined;
  }
}
