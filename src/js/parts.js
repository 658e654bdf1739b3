// What stands behind the core, on its memory: each part comes when something of it is first needed.

import { load as start } from "./core.js";
import { provideAuthError } from "./error.js";

/** In the order in which they stand on each other. */
const PARTS = ["core", "flows", "more"];

/** What `index.js` has of files: how each is loaded, which are there, and what loads one once. */
export let files, loaded, load;

export function provide(AuthError, ...loader) {
  provideAuthError(AuthError);
  [files, loaded, load] = loader;
  // Spelled like this, bundlers see that the files are needed.
  files.flows ??= [behind("core"), () => new URL("./flows_bg.wasm", import.meta.url)];
  files.more ??= [behind("flows"), () => new URL("./more_bg.wasm", import.meta.url)];
}

/** Both come over the network at once. */
const behind = (name) => async (source) => {
  if (source instanceof URL) source = fetch(source);
  const [response] = await Promise.all([source, load(name)]);
  return start(response);
};

/** What the core asks for: nothing, if it is there. */
export const part = (number) => (loaded[PARTS[number]] ? undefined : load(PARTS[number]));
