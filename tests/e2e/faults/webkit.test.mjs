import * as engine from "../engines/webkit.mjs";
import { runIn } from "./suite.mjs";

await runIn("WebKit", engine);
