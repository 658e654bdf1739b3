// https://developers.line.biz/en/reference/line-login/
export const line = {
  name: "LINE",
  issuer: "https://access.line.me",
  scope: "openid profile",
  audienceParameter: "",
  needsServer:
    "its token endpoint wants the channel secret of a web app, with which it also signs its ID tokens",
};
