// An application without a bundler, which begins to fetch the module while it does other things.
import * as tessera from "./tessera-auth/index.js";
import { run } from "./page.js";

run(tessera, fetch(new URL("./tessera-auth/core_bg.wasm", import.meta.url)));
