// https://developers.facebook.com/documentation/facebook-login/guides/advanced/oidc-token
export const facebook = {
  name: "Facebook",
  issuer: "https://www.facebook.com",
  scope: "openid email public_profile",
  audienceParameter: "",
  needsServer: "its token endpoint wants the app secret; the way without one is still being tested",
};
