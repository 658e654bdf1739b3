// It keeps nothing over a page load: this page does, and hands the tokens over. That its refresh tokens are JWTs is seen to by
// `../../facade.mjs`.
import Keycloak from "keycloak-js";

const STORED = "keycloak";

export async function open({ clientId, facade, scope, redirectUri }) {
  const client = new Keycloak({
    clientId,
    oidcProvider: {
      authorization_endpoint: `${facade}/keycloak/auth`,
      token_endpoint: `${facade}/keycloak/token`,
    },
  });
  const stored = JSON.parse(localStorage.getItem(STORED) ?? "{}");
  const isReturning = location.hash.includes("code=");
  await client.init({
    checkLoginIframe: false,
    pkceMethod: "S256",
    ...(isReturning ? {} : { ...stored, timeSkew: 0 }),
  });
  const store = () => {
    const { token, refreshToken, idToken } = client;
    localStorage.setItem(STORED, JSON.stringify({ token, refreshToken, idToken }));
  };
  // It has renewed what it was given, whether that was good or not.
  if (client.authenticated) store();

  const accessToken = async () => {
    if (await client.updateToken(5)) store();
    return client.token;
  };
  return {
    isSignedIn: Boolean(client.authenticated),
    signIn: () => client.login({ scope, redirectUri }),
    call: async (url) =>
      fetch(url, { headers: { authorization: `Bearer ${await accessToken()}` } }),
    accessToken,
    session: () => client.idTokenParsed,
    renew: async () => {
      await client.updateToken(Number.MAX_SAFE_INTEGER);
      store();
      return client.token;
    },
    close: null,
  };
}
