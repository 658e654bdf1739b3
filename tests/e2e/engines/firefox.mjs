// Firefox by geckodriver.

import { missingOf, startDriver } from "./process.mjs";
import { openSession } from "./webdriver.mjs";

/** Every tab of a test is a window: what Firefox does for those who look at one takes a fifth of its time. */
const PREFERENCES = {
  "browser.newtabpage.enabled": false,
  "browser.sessionstore.interval": 3_600_000,
  "extensions.webextensions.remote": false,
  "ui.prefersReducedMotion": 1,
};

export const missing = () => missingOf(["geckodriver"]);

/** Starts the browser. Its profiles are one: what must not meet has to differ by origin. */
export async function launch() {
  const driver = await startDriver("geckodriver", (port) => [
    "--port",
    String(port),
    // Another Firefox may be driven at the same time.
    "--websocket-port",
    "0",
  ]);
  const session = await openSession(driver.url, {
    "moz:firefoxOptions": { args: ["-headless"], prefs: PREFERENCES },
  });
  const close = async () => {
    await session.close();
    await driver.end();
  };
  return { newProfile: async () => ({ newTab: session.newTab, close: async () => {} }), close };
}
