// An application whose module cannot be loaded at first, and then perhaps can.
import { createClient, init, verifyJwt } from "./tessera-auth/index.js";

const attempt = async (call) => {
  try {
    await call();
    return "loaded";
  } catch ({ name, code, message, retryable }) {
    return { name, code, message, retryable };
  }
};

const report = [
  await attempt(() => init("./nowhere.wasm")),
  await attempt(() => createClient({ clientId: "consumer" })),
  await attempt(() => verifyJwt("no.token", {})),
];
document.querySelector("output").textContent = JSON.stringify(report);
