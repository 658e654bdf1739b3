// What an issuer says about itself: OpenID Connect Discovery 1.0 §4, then RFC 8414 §3.

const TIMEOUT_MS = 10_000;

/** The metadata document of `issuer`. */
export async function discover(issuer) {
  const failures = [];
  for (const url of wellKnownUrls(issuer)) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.ok) return await response.json();
      failures.push(`${url}: ${response.status}`);
    } catch (error) {
      failures.push(`${url}: ${error.cause?.code ?? error.message}`);
    }
  }
  throw new Error(`No metadata at the issuer ${issuer} (${failures.join("; ")}).`);
}

/** The origins that a browser must be allowed to reach to use this server. */
export function endpointOrigins(metadata) {
  return [
    ...new Set(
      Object.values(metadata)
        .filter(isHttpUrl)
        .map((url) => new URL(url).origin),
    ),
  ];
}

function wellKnownUrls(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

export function isHttpUrl(value) {
  return (
    typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
  );
}
