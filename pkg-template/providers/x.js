// https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code
export const x = {
  name: "X",
  metadata: {
    authorization_endpoint: "https://x.com/i/oauth2/authorize",
    token_endpoint: "https://api.x.com/2/oauth2/token",
    revocation_endpoint: "https://api.x.com/2/oauth2/revoke",
  },
  scope: "users.read tweet.read offline.access",
  audienceParameter: "",
  needsServer: "its token endpoint answers no other origin (CORS)",
};
