// The short way of a call that has no body, with a token that is good: the core is asked once, for as little as possible. Everything
// else has the long way.

/** Where such a call may go, what it is sent with, and what `goOn` wants to know of that. */
export const asPass = (places, header, ...sent) => ({
  places: places.match(/\S+/g) ?? [],
  header,
  sent,
});

/** The core with another `fetch`. `covers` says of which addresses there is no doubt, and `send` sends a call as the core does. */
export function withShortWay(core, client, covers, send) {
  const goLongWay = core.fetch.bind(core);

  core.fetch = async (input, init) => {
    const request = asPlainCall(input, init);
    if (!request) return goLongWay(input, init);
    const pass = core.pass();
    // What was given has been read by now: it may be something that can be read only once.
    if (!pass || !covers(request.url, pass.places) || request.mode === "no-cors")
      return goLongWay(request);
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
    const isPlain = typeof input === "string" || input instanceof URL;
    if (isPlain && (init?.body ?? init?.method) === undefined) return new Request(input, init);
  } catch {
    // no URL, or an option that throws
  }
}
