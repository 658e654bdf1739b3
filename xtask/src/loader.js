// In the place of the binding generator's own loader: the module, and then what is behind it, on the same memory.

/** What the modules use of each other; `0` is the table of functions. */
const shared = {};

/**
 * The functions of the table, in the order in which a module asks for them: a module's imports are read one by one, and
 * the name of each is the place where its row begins. Hundreds of names would be kilobytes.
 */
const inTurn = () =>
  new Proxy(
    {},
    {
      get(next, first) {
        next[first] = (next[first] ?? first - 1) + 1;
        return shared[0].get(next[first]);
      },
    },
  );

export async function load(source) {
  if (typeof source === "string" || source instanceof URL || source instanceof Request)
    source = fetch(source);
  source = await source;
  const imports = { ...__wbg_get_imports(), b: shared, c: inTurn() };
  const { instance } = await __wbg_load(source, imports).catch((cause) => {
    // What came over no network is no better the next time.
    throw source instanceof Response ? cause : String(cause);
  });
  if (!wasm) __wbg_finalize_init(instance);
  Object.assign(shared, instance.exports);
}

// From the scripts of the crate, so that it can be opened while the module is on its way.
export { Database };
