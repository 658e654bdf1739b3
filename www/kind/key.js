// An API key in a header.

import { createApiKeyClient } from "/pkg/index.js";

const renew = (keys) => async () => (await fetch(`${keys}/new-key`, { method: "POST" })).text();

const optionsOf = ({ keys }, on) => ({
  resources: [`${keys}/api`],
  ...(on.has("authorization") && { header: "Authorization", prefix: "ApiKey " }),
  ...(on.has("memory") && { storage: "memory" }),
});

export const key = {
  id: "key",
  title: "API key",
  hint: "a header with each call",
  lead: `An API that knows its callers by a key, one that is its user's own: typed in, or handed out by the server. When the API
    does not take it any more, a new one is asked for once, and the calls go again.`,
  credential: "API key",
  raw: "Raw API key",
  isLocal: true,
  claims: "Claims",
  silence: "A key says nothing of whom it belongs to.",
  nobody: "Whoever has the key",
  veil: "The client hands the key to nobody: it goes with calls to this API, and nowhere else.",

  switches: () => [
    {
      id: "authorization",
      title: "Authorization",
      says: "The key goes in the header “Authorization: ApiKey …” in place of “X-API-Key”.",
    },
    {
      id: "memory",
      title: "Memory only",
      says: "The key is stored nowhere: a reload forgets it, and no other tab hears of it.",
    },
  ],

  lacking: () => undefined,

  facts: ({ keys }) => [
    ["API", `${keys}/api`],
    ["New keys", `${keys}/new-key`],
  ],

  listing: (config, on) => ({
    create: "createApiKeyClient",
    options: optionsOf(config, on),
    renew: `async () => (await fetch("${config.keys}/new-key", { method: "POST" })).text()`,
    signIn: "client.setKey(key)",
    call: `${config.keys}/api/reports`,
  }),

  create: ({ keys, ...config }, on, logger) =>
    createApiKeyClient({ ...optionsOf({ keys, ...config }, on), renew: renew(keys), logger }),

  fields: () => [
    { name: "key", label: "Key", value: "", placeholder: "demo-…", autocomplete: "off" },
  ],

  ways: (client, _on, { keys }) => [
    { id: "sign-in", title: "Use this key", act: ({ key: given }) => client.setKey(given) },
    {
      id: "sign-in-new",
      title: "Get a new one",
      act: async () => client.setKey(await renew(keys)()),
    },
    {
      id: "sign-in-wrong",
      title: "Use a wrong one",
      act: () => client.setKey("demo-not-this-one"),
    },
  ],

  deeds: (_client, _on, { keys }) => [
    {
      id: "rotate",
      title: "Rotate it at the server",
      act: () => fetch(`${keys}/rotate`, { method: "POST" }),
    },
  ],

  calls: ({ keys }) => [{ id: "me", title: "GET /api/reports", url: `${keys}/api/reports` }],
};
