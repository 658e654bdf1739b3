import { createClient } from "tessera-auth";

export async function open({ id, issuer, clientId, scope, api, options }) {
  const client = await createClient({
    name: id,
    issuer,
    clientId,
    scope,
    resources: [{ url: api, audience: api }],
    ...options,
  });
  return {
    get isSignedIn() {
      return client.session !== null;
    },
    signIn: () => client.signIn(),
    call: (url) => client.fetch(url),
    accessToken: () => client.accessToken(),
    session: () => client.session,
    renew: () => client.accessToken({ fresh: true }),
    close: () => client.close(),
  };
}
