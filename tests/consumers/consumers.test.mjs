// Packs `pkg/` once, as npm would publish it, and lets every suite install, build and run it.

import { pack } from "./workspace.js";

pack();
await import("./suites/tarball.js");
await import("./suites/types.js");
await import("./suites/readme.js");
await import("./suites/facade.js");
await import("./suites/loading.js");
await import("./suites/preload.js");
await import("./suites/bundler.js");
