// https://developers.naver.com/docs/login/api/api.md
export const naver = {
  name: "Naver",
  metadata: {
    authorization_endpoint: "https://nid.naver.com/oauth2.0/authorize",
    token_endpoint: "https://nid.naver.com/oauth2.0/token",
  },
  scope: "profile",
  audienceParameter: "",
  needsServer: "its token endpoint wants the client secret",
};
