import * as engine from "../engines/chromium.mjs";
import { runIn } from "./suite.mjs";

await runIn("Chromium", engine);
