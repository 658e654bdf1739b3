// OAuth 2.0 and OpenID Connect: a sign-in at an identity provider.

import { createClient } from "/pkg/index.js";

const mode = (on) => (on.has("popup") ? "popup" : "redirect");

/** A session is of the options that it began with: each combination of these has one of its own. */
const nameOf = (on) =>
  ["dpop", "second", "watch", "resource", "fapi2"].filter((id) => on.has(id)).join("-");

const optionsOf = (config, on) => {
  const { issuer, resources, ...client } = config.client;
  // An API that says who its server is stands first among the resources by itself.
  const known = on.has("resource") ? [] : resources;
  const others = on.has("second") ? [{ url: config.second, audience: config.second }] : [];
  return {
    ...(on.has("resource") ? { resource: config.api } : { issuer }),
    ...client,
    ...(known?.length + others.length > 0 && { resources: [...known, ...others] }),
    ...(on.has("fapi2") && { clientId: config.fapiClient, profile: "fapi2" }),
    ...(on.has("dpop") && { dpop: true }),
    ...(on.has("par") && { par: true }),
    ...(on.has("step-up") && { stepUp: mode(on) }),
    ...(on.has("watch") && { checkSession: true }),
    ...(nameOf(on) && { name: nameOf(on) }),
  };
};

export const oauth = {
  id: "oauth",
  title: "OAuth",
  hint: "an identity provider",
  lead: `This page talks to a real OpenID Connect provider and a real API. Authorization code with PKCE, rotating refresh tokens,
    checked ID tokens, a credential that goes only where it may: the package does it, the page only shows it.`,
  credential: "Access token",
  raw: "Raw access token",
  claims: "Claims of the ID token",

  switches: ({ second }) => [
    {
      id: "popup",
      title: "Popup",
      says: "The provider's pages open in a window beside this page, which stays as it is.",
    },
    {
      id: "dpop",
      title: "DPoP",
      says: "Tokens are bound to a key that cannot leave this browser; every request shows a fresh proof of it.",
    },
    {
      id: "par",
      title: "PAR",
      says: "The request is pushed to the provider first; the address then names nothing but a reference to it.",
    },
    {
      id: "step-up",
      title: "Step-up",
      says: "A 401 that asks for a stronger sign-in gets one: in the window with Popup, else by redirect.",
    },
    ...(second
      ? [
          {
            id: "second",
            title: "Second API",
            says: "One sign-in, and for each of two APIs a token of its own, asked for when it is first needed.",
          },
          {
            id: "watch",
            title: "Watch the session",
            says: "Who signs out at the provider is signed out here within seconds, and not only at the next renewal.",
          },
          {
            id: "resource",
            title: "Only an API",
            says: "The page does not know the provider: it asks the API which one its tokens come from.",
          },
          {
            id: "fapi2",
            title: "FAPI 2.0",
            says: "Another client of the provider's, and one switch for what that profile wants: PAR, DPoP, ES256, and more.",
          },
        ]
      : []),
  ],

  lacking: () => undefined,

  facts: ({ client, api, second, fapiClient }, on) => [
    ["Issuer", on.has("resource") ? "said by the API" : client.issuer],
    ["Client", on.has("fapi2") ? fapiClient : client.clientId],
    ["API", api],
    ...(on.has("second") ? [["Second API", second]] : []),
  ],

  listing: (config, on) => ({
    create: "createClient",
    options: optionsOf(config, on),
    signIn: on.has("popup") ? `client.signIn({ mode: "popup" })` : "client.signIn()",
    call: `${config.api}/me`,
  }),

  create: (config, on, logger) => createClient({ ...optionsOf(config, on), logger }),

  ways: (client, on) => [
    { id: "sign-in", title: "Sign in", act: () => client.signIn({ mode: mode(on) }) },
    {
      id: "sign-in-other",
      title: "Use another account",
      act: () => client.signIn({ mode: mode(on), prompt: "login" }),
    },
    {
      id: "sign-in-silent",
      title: "Sign in silently",
      act: () => client.signIn({ mode: "silent" }),
    },
  ],

  renew: (client) => client.accessToken({ fresh: true }),

  deeds: (client, on) => [
    {
      id: "widen",
      title: "Widen the scope",
      act: () => client.signIn({ mode: mode(on), scope: "api:write" }),
    },
  ],

  calls: ({ api, second }, on) => [
    { id: "ok", title: "GET /ok", url: `${api}/ok` },
    { id: "me", title: "GET /me", url: `${api}/me` },
    ...(on.has("second")
      ? [{ id: "second", title: "GET /me", note: "second API", url: `${second}/me` }]
      : []),
    { id: "slow", title: "GET /slow", note: "2 s", url: `${api}/slow` },
    { id: "refuse", title: "GET /refuse", note: "always 401", url: `${api}/refuse` },
    { id: "vault", title: "GET /vault", note: "wants two factors", url: `${api}/vault` },
    { id: "recent", title: "GET /recent", note: "wants a new sign-in", url: `${api}/recent` },
    {
      id: "orders",
      title: "POST /orders",
      note: "wants api:write",
      url: `${api}/orders`,
      init: { method: "POST" },
    },
  ],

  tokens: (client, { api, second }, on) =>
    on.has("second")
      ? [api, second].map((resource) => ({
          audience: resource,
          read: () => client.accessToken({ resource, minValidity: 0 }),
        }))
      : [{ read: () => client.accessToken({ minValidity: 0 }) }],
};
