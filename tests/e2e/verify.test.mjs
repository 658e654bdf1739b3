// `verifyJwt` in the page, with keys that WebCrypto has made: what is good, and everything else.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertAuthError, openBarePage } from "./bare-page.mjs";
import { startBrokenServer } from "./broken-server.mjs";

const VECTORS = JSON.parse(await readFile(new URL("../vectors/jws.json", import.meta.url)));
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA"],
];

test("verifyJwt", async (t) => {
  const demo = await openBarePage(t);
  const { tab } = demo;
  await tab.evaluate(() => import("/bare/signer.js"));
  /** What `verifyJwt` says in the page. `write` runs there and gives the arguments. */
  const verify = async (write, argument) => {
    const outcome = await tab.evaluate(`(${attemptIn})(${write}, ${JSON.stringify(argument)})`);
    return outcome;
  };
  const assertRefused = async (code, cases, argument) => {
    for (const [name, write] of Object.entries(cases)) {
      assertAuthError(await verify(write, argument), code, "", name);
    }
  };
  const assertVerified = async (cases, argument) => {
    for (const [name, write] of Object.entries(cases)) {
      const outcome = await verify(write, argument);
      assert.equal(outcome.value?.claims.sub, "ada", `${name}: ${JSON.stringify(outcome)}`);
    }
  };

  for (const alg of ALGORITHMS) {
    await t.test(`${alg}: a good signature and no other`, async () => {
      await assertVerified(
        {
          "the bare key": async (alg) => [await issue({ alg }), { keys: await keySet(alg) }],
          "a key that says what it is for": async (alg) =>
            keyed(alg, { kid: "a", typ: "JWT" }, [
              await publicKey(alg, { kid: "a", use: "sig", alg, key_ops: ["verify"] }),
            ]),
          "one of several": async (alg) => [
            await issue({ alg }),
            { keys: await keySet("RS256", "ES256", "ES384", "EdDSA", alg), algorithms: ["x", alg] },
          ],
        },
        alg,
      );
      await assertRefused(
        "signature_invalid",
        {
          "another's key": async (alg) => keyed(alg, {}, [await publicKey(alg, {}, "mallory")]),
          "other claims": (alg) =>
            tampered(alg, ([header, , signature]) => [header, part({ admin: 1 }), signature]),
          "another header": (alg) =>
            tampered(alg, ([, claims, signature]) => [part({ alg, x: 1 }), claims, signature]),
          "no signature": (alg) => tampered(alg, ([header, claims]) => [header, claims, ""]),
          "one bit changed": (alg) => resigned(alg, (bytes) => bytes.with(9, bytes[9] ^ 1)),
          zeros: (alg) => resigned(alg, (bytes) => bytes.fill(0)),
          "a byte less": (alg) => resigned(alg, (bytes) => bytes.slice(1)),
          "a byte more": (alg) => resigned(alg, (bytes) => Uint8Array.of(...bytes, 0)),
        },
        alg,
      );
      await assertRefused(
        "algorithm_not_allowed",
        {
          "not among algorithms": async (alg) => [
            await issue({ alg }),
            { keys: await keySet(alg), algorithms: ["none", "HS256", alg.toLowerCase()] },
          ],
          "no algorithms": async (alg) => [
            await issue({ alg }),
            { keys: await keySet(alg), algorithms: [] },
          ],
        },
        alg,
      );
    });
  }

  await t.test("verifies the published examples", async () => {
    for (const { source, token, key, claims } of VECTORS.filter(
      ({ key, claims }) => key && claims,
    )) {
      const write = ([token, key]) => [token, { keys: { keys: [key] }, clockTolerance: 2 ** 31 }];
      const { value } = await verify(write, [token, key]);
      assert.deepEqual(value?.claims, claims, source);
      assertAuthError(
        await verify(([token, key]) => [token, { keys: { keys: [key] } }], [token, key]),
        "token_expired",
      );
    }
  });

  await t.test("takes no unsigned token and no HMAC, whatever the options say", async () => {
    await assertRefused("algorithm_not_allowed", {
      none: async () => [
        unsignedToken({ alg: "none" }).replace("AAAA", ""),
        { keys: await keySet("RS256"), algorithms: ["none"] },
      ],
      "none, and no keys": () => [unsignedToken({ alg: "none" }), { keys: { keys: [] } }],
      "None over a good signature": async () => [
        (await issue({ alg: "RS256" })).replace(/^[^.]*/, part({ alg: "None" })),
        { keys: await keySet("RS256") },
      ],
      "HS256 with the public key as JWK": async () => {
        const jwk = await publicKey("RS256");
        return [await hmac(JSON.stringify(jwk)), { keys: { keys: [jwk] }, algorithms: ["HS256"] }];
      },
      "HS256 with the public key as PEM": async () => [
        await hmac(await publicPem("RS256")),
        { keys: await keySet("RS256") },
      ],
      "HS256 with the modulus": async () => [
        await hmac((await publicKey("RS256")).n),
        { keys: await keySet("RS256") },
      ],
      "HS256 with an HMAC key": async () => {
        const secret = "a secret that is long enough for it";
        const jwk = { kty: "oct", k: btoa(secret).replace("=", ""), alg: "HS256" };
        return [await hmac(secret), { keys: { keys: [jwk] }, algorithms: ["HS256"] }];
      },
      "an algorithm of nobody's": async () => [
        unsignedToken({ alg: "XS256" }),
        { keys: await keySet("RS256") },
      ],
      ES256K: async () => [unsignedToken({ alg: "ES256K" }), { keys: await keySet("ES256") }],
    });
  });

  await t.test("refuses what crit demands: no extension is known", async () => {
    await assertRefused("algorithm_not_allowed", {
      "a claim": () => es256({ crit: ["exp"], exp: 1 }),
      "an empty list": () => es256({ crit: [] }),
      "a payload that is not encoded": () => es256({ crit: ["b64"], b64: false }),
      "not a list": () => es256({ crit: "exp" }),
    });
  });

  await t.test("finds the key by kid, type and purpose", async () => {
    await assertVerified({
      "two keys with one kid, the right one first": async () =>
        keyed("ES256", { kid: "a" }, [
          await publicKey("ES256", { kid: "a" }),
          await publicKey("ES256", { kid: "a" }, "mallory"),
        ]),
      "two keys with one kid, the right one last": async () =>
        keyed("ES256", { kid: "a" }, [
          await publicKey("ES256", { kid: "a" }, "mallory"),
          await publicKey("ES256", { kid: "a" }),
        ]),
      "one kid for two types": async () =>
        keyed("ES256", { kid: "a" }, [
          await publicKey("RS256", { kid: "a" }),
          await publicKey("ES256", { kid: "a" }),
        ]),
      "no kid and several keys": async () =>
        keyed("ES256", {}, [
          await publicKey("ES256", { kid: "b" }, "mallory"),
          await publicKey("ES256", { kid: "c" }),
        ]),
      "junk beside the key": async () =>
        keyed("ES256", {}, [null, 7, "x", [], {}, { kty: "EC" }, await publicKey("ES256")]),
    });
    await assertRefused("key_not_found", {
      "no keys": () => keyed("ES256", {}, []),
      "an unknown kid": async () =>
        keyed("ES256", { kid: "b" }, [await publicKey("ES256", { kid: "a" })]),
      "a kid in other letters": async () =>
        keyed("ES256", { kid: "A" }, [await publicKey("ES256", { kid: "a" })]),
      "a key without the kid": async () => keyed("ES256", { kid: "a" }, [await publicKey("ES256")]),
      "a key of another type": async () =>
        keyed("ES256", { kid: "a" }, [await publicKey("RS256", { kid: "a" })]),
      "a key on another curve": async () => keyed("ES256", {}, [await publicKey("ES384")]),
      "a key for another algorithm": async () =>
        keyed("RS256", {}, [await publicKey("RS256", { alg: "PS256" })]),
      "a key for encryption": async () =>
        keyed("RS256", {}, [await publicKey("RS256", { use: "enc" })]),
      "a key for other operations": async () =>
        keyed("RS256", {}, [await publicKey("RS256", { key_ops: ["encrypt"] })]),
      "a key that is too small": async () =>
        keyed("RS256", {}, [await publicKey("RS256", {}, "small")], "small"),
      "a point that is on no curve": async () =>
        keyed("ES256", {}, [{ ...(await publicKey("ES256")), y: "A".repeat(43) }]),
    });
  });

  await t.test("does not take the key from the token itself", async () => {
    const server = await startBrokenServer(t);
    await assertRefused(
      "signature_invalid",
      {
        jwk: async () => {
          const jwk = await publicKey("ES256", {}, "mallory");
          return es256({ jwk }, {}, {}, "mallory");
        },
        "jku and x5u": (url) =>
          es256({ jku: `${url}/jwks`, x5u: url, x5c: ["AAAA"] }, {}, {}, "mallory"),
      },
      server.url,
    );
    assert.deepEqual(server.requests, []);
  });

  await t.test("compares typ, without case and with or without application/", async () => {
    await assertVerified({
      same: () => es256({ typ: "at+jwt" }, {}, { typ: "at+jwt" }),
      "the long form": () => es256({ typ: "application/at+jwt" }, {}, { typ: "AT+JWT" }),
      "not asked for": () => es256({ typ: "whatever" }),
    });
    await assertRefused("claim_invalid", {
      another: () => es256({ typ: "JWT" }, {}, { typ: "at+jwt" }),
      none: () => es256({}, {}, { typ: "at+jwt" }),
    });
  });

  await t.test("compares issuer and audience", async () => {
    await assertVerified({
      both: () =>
        es256({}, { iss: "https://as", aud: "me" }, { issuer: "https://as", audience: "me" }),
      "one of several": () => es256({}, { aud: ["you", "me"] }, { audience: "me" }),
      "several for one": () => es256({}, { aud: "me" }, { audience: ["you", "me"] }),
      "not asked for": () => es256({}, { iss: "x", aud: "y" }),
    });
    const cases = {};
    for (const aud of [undefined, null, "", "you", "ME", "me ", [], ["you"], ["you", ""]]) {
      const claims = JSON.stringify({ aud });
      cases[claims] = `() => es256({}, ${claims}, { audience: ["me", "myself"] })`;
    }
    for (const iss of [undefined, null, "", "https://as/", "HTTPS://as", "https://as.evil"]) {
      const claims = JSON.stringify({ iss });
      cases[claims] = `() => es256({}, ${claims}, { issuer: "https://as" })`;
    }
    await assertRefused("claim_invalid", cases);
  });

  await t.test("compares times, give or take the tolerance", async () => {
    await assertVerified({
      "no times at all": () => es256({}, {}),
      good: () => es256({}, { exp: now() + 60, nbf: now() - 60, iat: now() - 60 }),
      fractions: () => es256({}, { exp: now() + 60.5, nbf: now() - 60.5 }),
      "expired within the tolerance": () => es256({}, { exp: now() - 10 }),
      "early within the tolerance": () => es256({}, { nbf: now() + 10 }),
      "a wide tolerance": () =>
        es256({}, { exp: now() - 3000, nbf: now() + 3000 }, { clockTolerance: 3600 }),
      "no tolerance": () => es256({}, { exp: now() + 60, nbf: now() }, { clockTolerance: 0 }),
      // It says when, and forbids nothing (RFC 7519 §4.1.6).
      "issued by a clock that is ahead": () => es256({}, { iat: now() + 3600 }),
      "the end of time": () => es256({}, { exp: 1e300, nbf: -1e300 }),
    });
    await assertRefused("token_expired", {
      "past the tolerance": () => es256({}, { exp: now() - 31 }),
      "no tolerance": () => es256({}, { exp: now() - 1 }, { clockTolerance: 0 }),
      "in 1970": () => es256({}, { exp: 0 }),
      "before time": () => es256({}, { exp: -1e300 }),
    });
    await assertRefused("claim_invalid", {
      "not yet": () => es256({}, { nbf: now() + 60 }),
      "no tolerance": () => es256({}, { nbf: now() + 10 }, { clockTolerance: 0 }),
    });
  });

  await t.test("refuses claims of the wrong type, also those that nobody asked for", async () => {
    await assertRefused("claim_invalid", {
      "exp is a text": () => es256({}, { exp: String(now() + 60) }),
      "exp is a list": () => es256({}, { exp: [now() + 60] }),
      "nbf is true": () => es256({}, { nbf: true }),
      "iat is a text": () => es256({}, { iat: "yesterday" }),
      "sub is a number": () => es256({}, { sub: 7 }),
      "iss is a list": () => es256({}, { iss: ["https://as"] }),
      "aud is an object": () => es256({}, { aud: { me: true } }),
      "aud has a number": () => es256({}, { aud: ["me", 7] }, { audience: "me" }),
    });
  });

  await t.test("what the caller does to his key set meanwhile changes nothing", async () => {
    const outcome = await tab.evaluate(async () => {
      const keys = await keySet("ES256");
      const token = await issue({ alg: "ES256" }, {}, "mallory");
      const verified = tessera.attempt(() => tessera.verifyJwt(token, { keys }));
      await Promise.resolve();
      keys.keys[0] = await publicKey("ES256", {}, "mallory");
      return verified;
    });
    assertAuthError(outcome, "signature_invalid");
  });
});

/** Runs in the page: what `verifyJwt` makes of the arguments that `write` gives. */
async function attemptIn(write, argument) {
  const [token, options] = await write(argument);
  return tessera.attempt(() => tessera.verifyJwt(token, options));
}
