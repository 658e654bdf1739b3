// An application whose page has begun to fetch the module before its scripts run. Reports who has asked for it.
import { createClient } from "tessera-auth";

await createClient({ issuer: "https://id.example.com", clientId: "consumer" });
const entries = performance.getEntriesByType("resource");
const report = entries.filter(({ name }) => /core_bg.*wasm/.test(name));
document.querySelector("output").textContent = JSON.stringify(
  report.map(({ initiatorType }) => initiatorType),
);
