import { OidcClient, TokenAutomaticRenewMode } from "@axa-fr/oidc-client";

export async function open({ issuer, clientId, scope, api, redirectUri, options = {} }) {
  const client = OidcClient.getOrCreate(() => fetch)({
    authority: issuer,
    client_id: clientId,
    redirect_uri: redirectUri,
    silent_redirect_uri: `${redirectUri}silent`,
    scope,
    storage: localStorage,
    // Only calls renew, and only what has expired: a timer would be at work before anything is measured.
    token_automatic_renew_mode: TokenAutomaticRenewMode.AutomaticOnlyWhenFetchExecuted,
    refresh_time_before_tokens_expiration_in_second: 1,
    extras: { resource: api },
    token_request_extras: { resource: api },
    ...options,
  });
  if (new URLSearchParams(location.search).has("code")) {
    await client.loginCallbackAsync();
    history.replaceState(null, "", redirectUri);
  }
  await client.tryKeepExistingSessionAsync();
  const call = client.fetchWithTokens((...words) => fetch(...words));
  return {
    isSignedIn: Boolean(client.tokens),
    signIn: () => client.loginAsync("/"),
    call: (url) => call(url),
    accessToken: async () => (await client.getValidTokenAsync()).tokens.accessToken,
    session: () => client.tokens,
    renew: async () => (await client.renewTokensOrThrowAsync()).accessToken,
    close: null,
  };
}
