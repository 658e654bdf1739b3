// https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
export const apple = {
  name: "Apple",
  issuer: "https://appleid.apple.com",
  scope: "openid",
  audienceParameter: "",
  needsServer:
    "its token endpoint wants a signed client secret, and answers no other origin (CORS)",
};
