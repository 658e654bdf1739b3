// The provider's page for OpenID Connect Session Management 1.0 §3.2, which stands in a frame of an app's page and is asked whether the
// session is what it was.

/** What the provider leaves in a cookie for this page, the only one that reads it. Cookies know no ports. */
const browserState = () =>
  document.cookie
    .split("; ")
    .find((cookie) => cookie.startsWith(`_state_${location.port}=`))
    ?.split("=")[1] ?? "";

async function check(question, origin) {
  const [clientId, state = "", ...rest] = String(question).split(" ");
  const [, salt] = state.split(".");
  if (!clientId || !salt || rest.length > 0) return "error";
  const text = [clientId, origin, browserState(), salt].join(" ");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return state === `${hash.join("")}.${salt}` ? "unchanged" : "changed";
}

addEventListener("message", async ({ data, origin, source }) =>
  source.postMessage(await check(data, origin), origin),
);
