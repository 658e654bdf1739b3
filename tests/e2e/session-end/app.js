// The page at `frontchannel_logout_uri`, which the provider loads in a frame.

import { createClient } from "/pkg/index.js";

const { client: options } = await (await fetch("/config.json")).json();
await createClient({ ...options, resources: [], checkSession: false, frontchannelLogout: true });
document.body.dataset.state = "done";
