// https://developers.google.com/identity/protocols/oauth2/web-server
export const google = {
  name: "Google",
  issuer: "https://accounts.google.com",
  scope: "openid email profile",
  // Without these there is no refresh token, and from the second sign-in on none either.
  parameters: { access_type: "offline", prompt: "consent" },
  needsServer: "its token endpoint wants the client secret of a web client, also with PKCE",
};
