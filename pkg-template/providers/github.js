// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
export const github = {
  name: "GitHub",
  metadata: {
    authorization_endpoint: "https://github.com/login/oauth/authorize",
    token_endpoint: "https://github.com/login/oauth/access_token",
  },
  scope: "read:user",
  audienceParameter: "",
  needsServer: "its token endpoint wants the client secret, and answers no other origin (CORS)",
};
