import { IndexedDbDPoPStore, UserManager, WebStorageStateStore } from "oidc-client-ts";

export async function open({ id, issuer, clientId, scope, api, redirectUri, options = {} }) {
  const { dpop, ...settings } = options;
  const manager = new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    resource: api,
    extraTokenParams: { resource: api },
    // Only calls renew: a timer would be at work before anything is measured.
    automaticSilentRenew: false,
    userStore: new WebStorageStateStore({ store: localStorage, prefix: `${id}.` }),
    ...(dpop ? { dpop: { bind_authorization_code: true, store: new IndexedDbDPoPStore() } } : {}),
    ...settings,
  });
  if (new URLSearchParams(location.search).has("code")) {
    await manager.signinRedirectCallback();
    history.replaceState(null, "", redirectUri);
  }
  let user = await manager.getUser();

  /** As its documentation has it: read the user, renew him if need be, write the header. */
  async function call(url) {
    let user = await manager.getUser();
    if (user.expired) user = await manager.signinSilent();
    const headers = { authorization: `${user.token_type} ${user.access_token}` };
    if (dpop) headers.dpop = await manager.dpopProof(url, user, "GET");
    return fetch(url, { headers });
  }
  return {
    isSignedIn: user !== null,
    signIn: () => manager.signinRedirect(),
    call,
    accessToken: async () => (await manager.getUser()).access_token,
    session: () => manager.getUser(),
    renew: async () => (await manager.signinSilent()).access_token,
    close: () => manager.stopSilentRenew(),
  };
}
