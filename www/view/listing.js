// The code that a page needs, with this demo's own values in it.

import { element } from "./dom.js";

const TOKENS =
  /(?<string>"[^"]*")|(?<keyword>\b(?:import|from|const|await)\b)|(?<call>\b\w+(?=\())/g;

export function showListing({ issuer, clientId, scope, resources }, api) {
  const source = `import { createClient } from "tessera-auth";

const client = await createClient({
  issuer: "${issuer}",
  clientId: "${clientId}",
  scope: "${scope}",
  resources: [${resources.map(inline).join(", ")}],
});

client.subscribe((session) => show(session?.claims));
button.onclick = () => client.signIn();

const answer = await client.fetch("${api}/me");`;
  document.querySelector('[data-slot="listing"]').replaceChildren(...highlight(source));
}

function inline(resource) {
  if (typeof resource === "string") return `"${resource}"`;
  return `{ ${Object.entries(resource)
    .map(([name, value]) => `${name}: "${value}"`)
    .join(", ")} }`;
}

function highlight(source) {
  const pieces = [];
  let end = 0;
  for (const { 0: text, index, groups } of source.matchAll(TOKENS)) {
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    pieces.push(source.slice(end, index), element("span", { class: kind }, text));
    end = index + text.length;
  }
  return [...pieces, source.slice(end)];
}
