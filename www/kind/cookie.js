// A session of the server's own, in a cookie that no script can read.

import { createCookieClient } from "/pkg/index.js";
import { passwordFields, passwordWays, revoke } from "./first-party.js";

const serverOf = ({ cookies, session }, on) => (on.has("plain") ? session : cookies);

function optionsOf(config, on) {
  const server = serverOf(config, on);
  const common = {
    sessionUrl: `${server}/session`,
    loginUrl: `${server}/login`,
    logoutUrl: `${server}/logout`,
    resources: [`${server}/api`],
  };
  if (on.has("plain")) return common;
  return {
    ...common,
    refreshUrl: `${server}/refresh`,
    csrf: {
      cookie: "csrf_access_token",
      header: "X-CSRF-TOKEN",
      refreshCookie: "csrf_refresh_token",
    },
  };
}

export const cookie = {
  id: "cookie",
  title: "Cookie",
  hint: "a session on the server",
  lead: `A Flask API that keeps the session in cookies, by Flask-JWT-Extended: no script can read them, and what changes something
    repeats a CSRF value. A backend-for-frontend is used in the same way.`,
  credential: "Cookie",
  raw: "Raw cookie",
  claims: "What the server says of the session",
  veil: "HttpOnly: no script of this page can read the cookie, and none has to.",

  switches: () => [
    {
      id: "plain",
      title: "Plain session",
      says: "Flask's own session in place of tokens in cookies: one cookie, nothing to renew, no CSRF value.",
    },
  ],

  lacking: (config, on) => (serverOf(config, on) ? undefined : config.lacking),

  facts: (config, on) => {
    const { sessionUrl, loginUrl, resources } = optionsOf(config, on);
    return [
      ["Login", loginUrl],
      ["Session", sessionUrl],
      ["API", resources[0]],
    ];
  },

  listing: (config, on) => ({
    create: "createCookieClient",
    options: optionsOf(config, on),
    signIn: "client.signIn({ username, password })",
    call: `${serverOf(config, on)}/api/me`,
  }),

  create: (config, on, logger) => createCookieClient({ ...optionsOf(config, on), logger }),

  fields: passwordFields,
  ways: passwordWays,

  renew: (client) => client.refresh(),

  deeds: (_client, on, { cookies }) => (on.has("plain") ? [] : [revoke(cookies)]),

  calls: (config, on) => {
    const url = `${serverOf(config, on)}/api/me`;
    return [
      { id: "me", title: "GET /api/me", url },
      {
        id: "change",
        title: "POST /api/me",
        note: on.has("plain") ? "" : "wants the CSRF value",
        url,
        init: { method: "POST" },
      },
    ];
  },
};
