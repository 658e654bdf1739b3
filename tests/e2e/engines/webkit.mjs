// WebKitGTK, the engine of Safari, by WebKitWebDriver on a display in memory: it has no headless mode.

import { once } from "node:events";
import { missingOf, start, startDriver } from "./process.mjs";
import { openSession } from "./webdriver.mjs";

export const missing = () => missingOf(["WebKitWebDriver", "Xvfb"]);

/** Starts the browser. Its profiles are one: what must not meet has to differ by origin. */
export async function launch() {
  // It picks a free display by itself and writes its number to file descriptor 1.
  const screen = start(
    "Xvfb",
    ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
    { output: "pipe" },
  );
  const [number] = await once(screen.child.stdout, "data");
  const open = () => openOn(`:${String(number).trim()}`);
  // It was seen once that its window got no process for its page, and no command an answer.
  const { driver, session } = await open().catch(open);
  const close = async () => {
    await session.close();
    await driver.end();
    await screen.end();
  };
  return { newProfile: async () => ({ newTab: session.newTab, close: async () => {} }), close };
}

async function openOn(display) {
  const driver = await startDriver("WebKitWebDriver", (port) => [`--port=${port}`], {
    env: {
      DISPLAY: display,
      // There is no GPU, and in a container no user namespace for the sandbox. The pages are our own.
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    },
  });
  try {
    const options = { "webkitgtk:browserOptions": { args: ["--automation"] } };
    return { driver, session: await openSession(driver.url, options) };
  } catch (error) {
    await driver.end();
    throw error;
  }
}
