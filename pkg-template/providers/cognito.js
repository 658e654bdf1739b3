// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
export const cognito = {
  name: "Amazon Cognito",
  issuerForm: "https://cognito-idp.REGION.amazonaws.com/POOL",
  scope: "openid profile email",
  signOutParameter: "logout_uri",
};
