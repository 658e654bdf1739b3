// The clients that `credentials` is for, which only a page needs that makes one.

import { createApiKeyClient, createCookieClient, createPasswordClient } from "./credentials.js";

let kinds;

/**
 * Makes a client of the kind that the function `create` of the package is for. `CORE` and `NOTIFY` are the names under which an
 * `AuthClient` keeps what it stands on, and is told of what changes.
 */
export async function make(create, options, { AuthClient, CORE, NOTIFY }) {
  kinds ??= kindsOf(AuthClient, CORE);
  const [Kind, createCore] = kinds[create];
  const client = new Kind();
  client[CORE] = await createCore(options, (...change) => client[NOTIFY](...change));
  return client;
}

function kindsOf(AuthClient, CORE) {
  class PasswordClient extends AuthClient {
    signIn(credentials) {
      return this[CORE].signIn(credentials ?? null);
    }

    accessToken(options) {
      return this[CORE].accessToken(options);
    }
  }

  class ApiKeyClient extends AuthClient {
    setKey(key) {
      this[CORE].setKey(key);
    }
  }

  class CookieClient extends AuthClient {
    signIn(credentials) {
      return this[CORE].signIn(credentials);
    }

    refresh() {
      return this[CORE].refresh();
    }
  }

  return {
    createPasswordClient: [PasswordClient, createPasswordClient],
    createApiKeyClient: [ApiKeyClient, createApiKeyClient],
    createCookieClient: [CookieClient, createCookieClient],
  };
}
