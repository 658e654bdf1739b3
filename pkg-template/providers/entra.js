// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
// The redirect URI must be registered as one of a single-page application: only then does the token endpoint answer browsers.
export const entra = {
  name: "Microsoft Entra",
  issuerForm: "https://login.microsoftonline.com/TENANT/v2.0",
  // With `common` and its like the server calls itself by a placeholder, and each token names its tenant.
  issuerTemplate: "https://login.microsoftonline.com/{tid}/v2.0",
  scope: "openid profile email offline_access",
  audienceParameter: "",
};
