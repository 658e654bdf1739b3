// A page whose second client is the one that is used.

import { createClient } from "/pkg/index.js";

const { client: options } = await (await fetch("/config.json")).json();
globalThis.first = await createClient({ ...options, name: "first", resources: [] });
globalThis.client = await createClient({ ...options, name: "second" });
document.body.dataset.state = "started";
