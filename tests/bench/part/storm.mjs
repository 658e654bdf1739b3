// Five tabs with twenty calls each meet an expired token, at a server that rotates refresh tokens and ends what reuses one.

import { CLIENTS } from "../contender.mjs";

const TABS = 5;
const CALLS = 20;
const SHORT_SECONDS = 3;
const LONG_SECONDS = 600;
/** Longer than any contender is early. */
const GRACE_MS = 1_000;

/** Nothing is renewed ahead of time by timers: the tabs are hidden, and who has a switch for it has it off. */
const HIDDEN = () =>
  Object.defineProperty(Document.prototype, "visibilityState", { get: () => "hidden" });

export async function measure({ stage, progress }) {
  const rows = [];
  for (const { id, label } of CLIENTS) {
    progress(label);
    rows.push({ id, ...(await storm(stage, id)) });
  }
  stage.resetLifetime();
  return rows;
}

async function storm(stage, id) {
  const { provider, config } = stage;
  const profile = await stage.newProfile();
  await profile.context.addInitScript(HIDDEN);
  const first = await profile.newTab();
  // The other tabs open while the token is still good; that they open at once must not make them renew it.
  provider.setAccessTokenLifetime(SHORT_SECONDS + TABS);
  await first.signIn(id);
  const signedInAt = Date.now();
  const tabs = [first];
  while (tabs.length < TABS) {
    const tab = await profile.newTab();
    await tab.load(`${id}/`);
    tabs.push(tab);
  }
  await wait(signedInAt + (SHORT_SECONDS + TABS) * 1000 + GRACE_MS - Date.now());

  provider.setAccessTokenLifetime(LONG_SECONDS);
  const before = provider.tokenRequests.length;
  const answers = await Promise.all(
    tabs.map((tab) => tab.page.evaluate(callMany, [config.api, CALLS])),
  );
  const asked = provider.tokenRequests.slice(before);
  const isAlive = await first.page.evaluate(() =>
    app.renew().then(
      (token) => typeof token === "string",
      () => false,
    ),
  );
  await profile.close();
  return {
    tokenRequests: asked.length,
    refused: asked.filter(({ status }) => status >= 400).length,
    calls: TABS * CALLS,
    answered: answers.flat().filter((status) => status === 200).length,
    isAlive,
  };
}

/** Runs in the page: the status of each call, 0 where there was none. */
const callMany = ([api, calls]) =>
  Promise.all(
    Array.from({ length: calls }, async () => {
      try {
        return (await app.call(`${api}/ok`)).status;
      } catch {
        return 0;
      }
    }),
  );

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
