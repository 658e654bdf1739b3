// The page at `frontchannel_logout_uri`, which the provider loads in a frame.

import { createClient } from "/pkg/index.js";

// Providers go on as soon as this page is loaded, which it is not before this frame is.
const hold = document.documentElement.appendChild(document.createElement("iframe"));
hold.contentDocument.open();

const { client: options } = await (await fetch("/config.json")).json();
await createClient({ ...options, resources: [], checkSession: false, frontchannelLogout: true });
document.body.dataset.state = "done";
hold.contentDocument.close();
