// What comes over the wire: before a page with a good session can make its first call, and for all that an application does.

import { CLIENTS } from "../contender.mjs";
import { sum } from "../statistic.mjs";

export async function measure({ stage, signedIn }) {
  const { usedOf } = await signedIn();
  return CLIENTS.map(({ id, app }) => {
    const { first, all } = usedOf(id);
    const files = stage.apps.get(app);
    const sizes = (names, encoding) => sum(names.map((name) => files.get(name)[encoding]));
    const scripts = first.filter((name) => name.endsWith(".js"));
    const modules = first.filter((name) => name.endsWith(".wasm"));
    return {
      id,
      ...encoded("blocking", (encoding) => sizes(scripts, encoding)),
      ...encoded("streamed", (encoding) => sizes(modules, encoding)),
      ...encoded("first", (encoding) => sizes(first, encoding)),
      ...encoded("all", (encoding) => sizes(all, encoding)),
    };
  });
}

const encoded = (name, size) => ({
  [`${name}Brotli`]: size("brotli"),
  [`${name}Gzip`]: size("gzip"),
});
