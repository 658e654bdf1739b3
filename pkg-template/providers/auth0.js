// https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-token-rotation
export const auth0 = {
  name: "Auth0",
  issuerForm: "https://TENANT.REGION.auth0.com/",
  scope: "openid profile email offline_access",
  audienceParameter: "audience",
};
