// In the place of the binding generator's own loader: the module, and then what is behind it, on the same memory.

/** What the modules use of each other. */
const shared = {};

export async function load(source) {
  if (typeof source === "string" || source instanceof URL || source instanceof Request)
    source = fetch(source);
  const imports = { ...__wbg_get_imports(), b: shared };
  const { instance } = await __wbg_load(await source, imports);
  if (!wasm) __wbg_finalize_init(instance);
  Object.assign(shared, instance.exports);
}
