// esbuild does not look into `new URL(…, import.meta.url)`: the application names the file, and the `file` loader copies it.
import * as tessera from "tessera-auth";
import wasm from "tessera-auth/core_bg.wasm";
import credentials from "tessera-auth/credentials_bg.wasm";
import flows from "tessera-auth/flows_bg.wasm";
import more from "tessera-auth/more_bg.wasm";
import { run } from "./page.js";

run(tessera, wasm, { credentials, flows, more });
