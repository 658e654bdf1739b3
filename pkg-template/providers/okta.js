// https://developer.okta.com/docs/guides/sign-into-spa/-/create-okta-application/
export const okta = {
  name: "Okta",
  issuerForm: "https://ORG.okta.com/oauth2/default",
  scope: "openid profile email offline_access",
  // What the tokens are for is the authorization server's own setting.
  audienceParameter: "",
};
