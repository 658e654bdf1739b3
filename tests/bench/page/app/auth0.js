// Its own server's dialect is spoken by `../../facade.mjs`.
import { createAuth0Client } from "@auth0/auth0-spa-js";

export async function open({ clientId, scope, api, redirectUri, facade, options }) {
  const client = await createAuth0Client({
    domain: `${facade}/auth0`,
    clientId,
    cacheLocation: "localstorage",
    useRefreshTokens: true,
    authorizationParams: { audience: api, scope, redirect_uri: redirectUri },
    ...options,
  });
  if (new URLSearchParams(location.search).has("code")) {
    await client.handleRedirectCallback();
    history.replaceState(null, "", redirectUri);
  }
  const call = async (url) => {
    const token = await client.getTokenSilently();
    return fetch(url, { headers: { authorization: `Bearer ${token}` } });
  };
  return {
    isSignedIn: await client.isAuthenticated(),
    signIn: () => client.loginWithRedirect(),
    call,
    accessToken: () => client.getTokenSilently(),
    session: () => client.getUser(),
    renew: () => client.getTokenSilently({ cacheMode: "off" }),
    close: null,
  };
}
