// https://developers.kakao.com/docs/latest/en/kakaologin/prerequisite
// No ID token without OpenID Connect switched on, no tokens for a browser with the client secret switched on.
export const kakao = {
  name: "Kakao",
  issuer: "https://kauth.kakao.com",
  scope: "openid",
  audienceParameter: "",
};
