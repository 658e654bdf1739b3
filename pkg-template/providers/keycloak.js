// https://www.keycloak.org/docs/latest/server_admin/
export const keycloak = {
  name: "Keycloak",
  issuerForm: "https://HOST/realms/REALM",
  // It gives a refresh token without `offline_access`, which would be one for ever.
  scope: "openid profile email",
  // Audiences are what its client scopes say.
  audienceParameter: "",
};
