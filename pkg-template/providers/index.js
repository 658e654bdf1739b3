// Presets of well-known providers: plain data. A bundler takes along those that are imported.

export { apple } from "./apple.js";
export { auth0 } from "./auth0.js";
export { cognito } from "./cognito.js";
export { entra } from "./entra.js";
export { facebook } from "./facebook.js";
export { github } from "./github.js";
export { google } from "./google.js";
export { kakao } from "./kakao.js";
export { keycloak } from "./keycloak.js";
export { line } from "./line.js";
export { naver } from "./naver.js";
export { okta } from "./okta.js";
export { x } from "./x.js";
