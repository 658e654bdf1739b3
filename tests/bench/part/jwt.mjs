// Tokens read, and tokens checked: the first of a page, and many after it.

import { READERS } from "../contender.mjs";
import { median } from "../statistic.mjs";
import { SIZES, tokensOf } from "../token.mjs";

const ALGORITHMS = ["RS256", "ES256"];
/** Timed together, each another token: nothing is gained by remembering the last one. */
const DECODES = 500;
const VERIFIES = 50;

export async function measure({ stage, runs, progress }) {
  const { keys, tokens } = await tokensOf(ALGORITHMS);
  stage.config.jwt = { keys };
  const profile = await stage.newProfile();
  const tab = await profile.newTab();
  const kinds = ALGORITHMS.flatMap((alg) => SIZES.map((bytes) => ({ alg, bytes })));
  const samples = new Map();
  for (let round = 0; round < runs; round++) {
    progress(`round ${round + 1} of ${runs}`);
    for (const { alg, bytes } of kinds) {
      // The first of a page is that: each kind has a page of its own.
      await tab.load("jwt/");
      const words = [tokens[alg][bytes], DECODES, VERIFIES, round];
      for (const [key, value] of Object.entries(await tab.page.evaluate(time, words)))
        push(samples, `${key}|${alg}|${bytes}`, value);
    }
  }
  await profile.close();
  return READERS.flatMap(({ id }) =>
    kinds.map(({ alg, bytes }) => {
      const all = (what) => samples.get(`${what} ${id}|${alg}|${bytes}`) ?? [];
      const us = (what) => median(all(what)) * 1000;
      // What only the processor is in has one true time, and everything else comes on top of it.
      const best = (what) => (all(what).length ? Math.min(...all(what)) * 1000 : undefined);
      return {
        id,
        alg,
        bytes: Math.round(median(tokens[alg][bytes].map(({ length }) => length))),
        decodeFirstUs: us("decode first"),
        decodeUs: best("decode"),
        verifyFirstUs: us("verify first"),
        verifyUs: best("verify"),
      };
    }),
  );
}

function push(samples, key, value) {
  if (!samples.has(key)) samples.set(key, []);
  samples.get(key).push(value);
}

/** Runs in the page. */
async function time([tokens, decodes, verifies, round]) {
  const results = {};
  const turns = (names) => [
    ...names.slice(round % names.length),
    ...names.slice(0, round % names.length),
  ];
  for (const name of turns(Object.keys(read))) {
    const decode = read[name];
    let began = performance.now();
    decode(tokens[0]);
    results[`decode first ${name}`] = performance.now() - began;
    // What the browser compiles it to is what a page runs that reads many.
    for (let done = 0; done < decodes; done++) decode(tokens[done % tokens.length]);
    began = performance.now();
    for (let done = 0; done < decodes; done++) decode(tokens[done % tokens.length]);
    results[`decode ${name}`] = (performance.now() - began) / decodes;
  }
  for (const name of turns(Object.keys(check))) {
    const verify = check[name];
    let began = performance.now();
    await verify(tokens[0]);
    results[`verify first ${name}`] = performance.now() - began;
    began = performance.now();
    for (let done = 0; done < verifies; done++) await verify(tokens[done % tokens.length]);
    results[`verify ${name}`] = (performance.now() - began) / verifies;
  }
  return results;
}
