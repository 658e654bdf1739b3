// A profile in which every contender has a session, and what each of them has loaded for it.

import { CLIENTS } from "./contender.mjs";

export async function signInEverybody(stage, progress) {
  const profile = await stage.newProfile();
  const tab = await profile.newTab();
  const used = new Map();
  for (const { id, app, label } of CLIENTS) {
    progress(`signing in: ${label}`);
    const from = stage.page.requests.length;
    await tab.signIn(id);
    await tab.page.evaluate(async () => {
      await (await app.call(`${config.api}/ok`)).text();
      await app.renew();
    });
    const all = assets(
      app,
      stage.page.requests.slice(from).map(({ path }) => path),
    );
    const { loaded, calledMs, status } = await tab.load(`${id}/?calls`);
    if (status !== 200) throw new Error(`${id}: the API answered ${status}.`);
    const before = loaded.filter(({ responseEnd }) => responseEnd <= calledMs);
    const first = assets(
      app,
      before.map(({ name }) => new URL(name).pathname),
    );
    used.set(id, { first, all: [...new Set([...first, ...all])] });
    stage.hint(
      id,
      first.filter((name) => name !== "app.js"),
    );
  }
  await tab.load("tessera/");
  const token = await tab.page.evaluate(() => app.accessToken());
  await tab.page.evaluate((token) => localStorage.setItem("bare", token), token);
  await tab.load("stored/");
  await tab.page.evaluate((token) => app.keep(token), token);
  await tab.rest();
  return { profile, tab, usedOf: (id) => used.get(id) };
}

/** The names of the files of `app` among `paths`. */
function assets(app, paths) {
  const folder = `/asset/${app}/`;
  const names = paths
    .filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length));
  return [...new Set(names)];
}
