// The code that a page needs, with this demo's own values in it.

import { element } from "./dom.js";

const TOKENS =
  /(?<string>"[^"]*")|(?<keyword>\b(?:import|from|const|async|await|true)\b)|(?<call>\b\w+(?=\())/g;

/** @param {object} listing the kind's: `{ create, options, renew, signIn, call }` */
export function showListing({ create, options, renew, signIn, call }) {
  const members = Object.entries(options).map(([name, value]) => `  ${name}: ${toSource(value)},`);
  if (renew) members.push(`  renew: ${renew},`);
  const source = `import { ${create} } from "tessera-auth";

const client = await ${create}({
${members.join("\n")}
});

client.subscribe((session) => show(session?.claims));
button.onclick = () => ${signIn};

const answer = await client.fetch("${call}");`;
  document.querySelector('[data-slot="listing"]').replaceChildren(...highlight(source));
}

/** A plain value as a programmer would write it. */
function toSource(value) {
  if (Array.isArray(value)) {
    const items = value.map(toSource);
    return items.length > 1
      ? `[\n${items.map((item) => `    ${item},\n`).join("")}  ]`
      : `[${items.join("")}]`;
  }
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${name}: ${toSource(member)}`);
  return `{ ${members.join(", ")} }`;
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
