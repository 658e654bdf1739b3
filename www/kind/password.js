// A login of the application's own that answers with tokens.

import { createPasswordClient } from "/pkg/index.js";
import { passwordFields, passwordWays, revoke } from "./first-party.js";

const optionsOf = ({ tokens, fastApi }, on) =>
  on.has("fastapi")
    ? { loginUrl: `${fastApi}/token`, encoding: "form", resources: [`${fastApi}/users`] }
    : {
        loginUrl: `${tokens}/login`,
        refreshUrl: `${tokens}/refresh`,
        logoutUrl: `${tokens}/logout`,
        resources: [`${tokens}/api`],
      };

const serverOf = ({ tokens, fastApi }, on) => (on.has("fastapi") ? fastApi : tokens);

export const password = {
  id: "password",
  title: "Password",
  hint: "a login of the app's own",
  lead: `A Flask API with a login of its own, by Flask-JWT-Extended: name and password for tokens, once; the password is kept
    nowhere. For your own server only: never ask for a password that is another's.`,
  credential: "Access token",
  raw: "Raw access token",
  claims: "What the access token says",

  switches: () => [
    {
      id: "fastapi",
      title: "FastAPI",
      says: "Its password form in place of Flask's JSON: form-encoded, no refresh token, refusals in “detail”.",
    },
  ],

  lacking: (config, on) => (serverOf(config, on) ? undefined : config.lacking),

  facts: (config, on) => {
    const { loginUrl, refreshUrl = "none", resources } = optionsOf(config, on);
    return [
      ["Login", loginUrl],
      ["Refresh", refreshUrl],
      ["API", resources[0]],
    ];
  },

  listing: (config, on) => ({
    create: "createPasswordClient",
    options: optionsOf(config, on),
    signIn: "client.signIn({ username, password })",
    call: `${optionsOf(config, on).resources[0]}/me`,
  }),

  create: (config, on, logger) => createPasswordClient({ ...optionsOf(config, on), logger }),

  fields: passwordFields,
  ways: passwordWays,

  renew: (client) => client.accessToken({ fresh: true }),

  deeds: (_client, on, { tokens }) => (on.has("fastapi") ? [] : [revoke(tokens)]),

  calls: ({ tokens, fastApi }, on) =>
    on.has("fastapi")
      ? [{ id: "me", title: "GET /users/me", url: `${fastApi}/users/me` }]
      : [
          { id: "me", title: "GET /api/me", url: `${tokens}/api/me` },
          {
            id: "fresh",
            title: "POST /api/fresh",
            note: "wants a fresh token",
            url: `${tokens}/api/fresh`,
            init: { method: "POST" },
          },
        ],

  tokens: (client) => [{ read: () => client.accessToken({ minValidity: 0 }) }],
};
