// What an API tells the page about the credential that came with a call: names and what a token says, never a value.

/** The header that says it. */
export const SAW = "saw";

/** The headers among `headers` that carry a credential. */
export function nameCredentials({ authorization, dpop, "x-api-key": key }) {
  return [
    ...(authorization ? [`Authorization: ${authorization.split(" ")[0]}`] : []),
    ...(dpop ? ["DPoP: a proof"] : []),
    ...(key ? ["X-API-Key"] : []),
  ];
}

/** What an access token says about whom it is for and how its user has signed in (RFC 9068 §2.2). */
export function describeClaims({ aud, scope, acr, auth_time: authTime }) {
  const age = Math.max(0, Math.round(Date.now() / 1000 - authTime));
  return [
    ...(aud ? [`aud ${[aud].flat().join(" ")}`] : []),
    ...(scope ? [`scope ${scope}`] : []),
    ...(acr ? [`acr ${acr}`] : []),
    ...(authTime ? [`signed in ${age} s before`] : []),
  ];
}
