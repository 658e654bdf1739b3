// An application that leaves everything to its bundler.
import * as tessera from "tessera-auth";
import { run } from "./page.js";

run(tessera);
