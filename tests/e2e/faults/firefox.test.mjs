import * as engine from "../engines/firefox.mjs";
import { runIn } from "./suite.mjs";

await runIn("Firefox", engine);
