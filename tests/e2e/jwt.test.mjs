// `decodeJwt` in the page: published tokens, large and odd ones, and every kind of broken one.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertAuthError, openBarePage } from "./bare-page.mjs";

const VECTORS = JSON.parse(await readFile(new URL("../vectors/jws.json", import.meta.url)));

const encode = (value) => Buffer.from(value).toString("base64url");
const encodeJson = (value) => encode(JSON.stringify(value));
const HEADER = encodeJson({ alg: "RS256" });
const CLAIMS = encodeJson({ sub: "ada" });
const unsigned = (claims, header = { alg: "RS256" }) =>
  `${encodeJson(header)}.${encodeJson(claims)}.AAAA`;

test("decodeJwt", async (t) => {
  const { tab } = await openBarePage(t);
  // Behind a token with the same header the page reads it by itself, behind another the core does: both say the same.
  const decode = async (tokens) => {
    const [byCore, byPage] = await tab.evaluate((tokens) => {
      const attempt = (token) => tessera.attempt(() => tessera.decodeJwt(token));
      const behind = (header) => (token) =>
        attempt(`${header ?? token.split(".")[0]}.e30.AAAA`) && attempt(token);
      const other = btoa(`{"alg":"ES256"}`).replaceAll("=", "");
      return Promise.all(
        [other, undefined].map((header) => Promise.all(tokens.map(behind(header)))),
      );
    }, tokens);
    assert.deepEqual(byPage, byCore);
    return byCore;
  };
  const assertMalformed = async (tokens) => {
    const found = await decode(Object.values(tokens));
    for (const [index, name] of Object.keys(tokens).entries()) {
      assertAuthError(found[index], "malformed_token", "", name);
      assert.equal(found[index].retryable, false);
    }
  };

  await t.test("says so when the module is not loaded yet", async () => {
    const [before] = await decode([VECTORS[0].token]);
    assertAuthError(before, "wasm_failed");
    await tab.evaluate(() => tessera.init());
  });

  await t.test("reads the examples of RFC 7515, RFC 7519 and their like", async () => {
    const found = await decode(VECTORS.map(({ token }) => token));
    for (const [index, { source, header, claims }] of VECTORS.entries()) {
      if (claims) assert.deepEqual(found[index], { value: { header, claims } }, source);
      else assertAuthError(found[index], "malformed_token", "", source);
    }
  });

  await t.test("reads what people are called", async () => {
    const names = [
      "Žofie 🦉",
      "株式会社",
      "مرحبا",
      "e\u0301",
      "\u0000\u2028\ud83d\udc69\u200d\ud83d\ude80",
      "ﬁ",
    ];
    const found = await decode(names.map((name) => unsigned({ name, [name]: name })));
    for (const [index, name] of names.entries()) {
      assert.deepEqual(found[index].value?.claims, { name, [name]: name });
    }
  });

  await t.test("reads 100 kB, deep claims and odd names", async () => {
    const groups = Array.from({ length: 5000 }, (_, index) => `group-${index}-of-the-company`);
    const odd = { constructor: 1, toString: null, "": "", exp: null, hasOwnProperty: "x" };
    const [large, strange] = await decode([unsigned({ groups }), unsigned(odd)]);
    assert.deepEqual(large.value.claims.groups, groups);
    assert.deepEqual(strange.value.claims, odd);

    const depth = 10_000;
    const deep = encode(`{"list":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    const found = await tab.evaluate((token) => {
      let depth = 0;
      for (let list = tessera.decodeJwt(token).claims.list; list; [list] = list) depth += 1;
      return depth;
    }, `${HEADER}.${deep}.AAAA`);
    assert.equal(found, depth);
  });

  await t.test("lets a claim named __proto__ be a claim", async () => {
    const claims = encode('{"sub":"ada","__proto__":{"isAdmin":true}}');
    const [own, inherited] = await tab.evaluate((token) => {
      const { claims } = tessera.decodeJwt(token);
      return [Object.hasOwn(claims, "__proto__"), "isAdmin" in claims || "isAdmin" in {}];
    }, `${HEADER}.${claims}.AAAA`);
    assert.deepEqual([own, inherited], [true, false]);
  });

  await t.test("does not read a token that is broken in its form", async () => {
    const jwe = `${encodeJson({ alg: "RSA-OAEP", enc: "A256GCM" })}.a2V5.aXY.dGV4dA.dGFn`;
    await assertMalformed({
      empty: "",
      dots: "..",
      "one part": HEADER,
      "two parts": `${HEADER}.${CLAIMS}`,
      "four parts": `${HEADER}.${CLAIMS}.AAAA.AAAA`,
      "an encrypted one": jwe,
      "no header": `.${CLAIMS}.AAAA`,
      "no claims": `${HEADER}..AAAA`,
      "space before": ` ${HEADER}.${CLAIMS}.AAAA`,
      "newline after": `${HEADER}.${CLAIMS}.AAAA\n`,
      "newline inside": `${HEADER}.${CLAIMS.slice(0, 4)}\n${CLAIMS.slice(4)}.AAAA`,
      "a scheme before": `Bearer ${HEADER}.${CLAIMS}.AAAA`,
      quotes: `"${HEADER}.${CLAIMS}.AAAA"`,
      padding: `${HEADER}.${encode('{"a":1}')}==.AAAA`,
      "padded signature": `${HEADER}.${CLAIMS}.AA==`,
      "the other alphabet": `${HEADER}.${encode('{"a":"~~~???"}').replaceAll("-", "+").replaceAll("_", "/")}.AAAA`,
      "the other alphabet in the signature": `${HEADER}.${CLAIMS}.A+/A`,
      "a character too many": `${HEADER}.${CLAIMS}A.AAAA`,
      "a signature that is cut": `${HEADER}.${CLAIMS}.AAAAA`,
      "bits left over": `${HEADER}.${CLAIMS}.AB`,
      NUL: `${HEADER}.${CLAIMS}.AA\0A`,
      "a lone surrogate": `${HEADER}.${CLAIMS}.AA\ud800A`,
      "letters that only look like ASCII": `${HEADER}.${CLAIMS}.АААА`,
      percent: encodeURIComponent(`${HEADER}=.${CLAIMS}.AAAA`),
      "a megabyte of junk": "x".repeat(1e6),
      "a megabyte of dots": ".".repeat(1e6),
    });
  });

  await t.test("does not read a token whose parts are no objects", async () => {
    const bodies = [
      "",
      "7",
      "null",
      "true",
      '"text"',
      "[]",
      "[{}]",
      "{",
      '{"a":1',
      '{"a":1}}',
      "{'a':1}",
    ];
    const more = [
      '{"a":1}{"a":1}',
      '{"a":undefined}',
      "\ufeff{}",
      '{"a":"\u0000"}',
      "[".repeat(100_000),
    ];
    const tokens = {};
    for (const body of [...bodies, ...more]) {
      tokens[`claims ${body.slice(0, 20)}`] = `${HEADER}.${encode(body)}.AAAA`;
      tokens[`header ${body.slice(0, 20)}`] = `${encode(body)}.${CLAIMS}.AAAA`;
    }
    const latin1 = Buffer.from('{"name":"J\xfcrgen","alg":"RS256"}', "latin1").toString(
      "base64url",
    );
    const utf16 = Buffer.from('{"alg":"RS256"}', "utf16le").toString("base64url");
    await assertMalformed({
      ...tokens,
      "claims in Latin-1": `${HEADER}.${latin1}.AAAA`,
      "header in Latin-1": `${latin1}.${CLAIMS}.AAAA`,
      "claims in UTF-16": `${HEADER}.${utf16}.AAAA`,
    });
  });

  await t.test("gives each caller objects of his own", async () => {
    const token = unsigned({ sub: "ada", groups: ["a"] }, { alg: "RS256", kid: "1" });
    const nested = unsigned({ sub: "ada" }, { alg: "RS256", jwk: { kty: "RSA" } });
    const found = await tab.evaluate(
      ([token, nested]) => {
        for (let time = 0; time < 3; time++) {
          const { header, claims } = tessera.decodeJwt(token);
          header.kid = claims.sub = claims.groups[0] = "changed";
          tessera.decodeJwt(nested).header.jwk.kty = "changed";
        }
        return [token, token, nested, nested].map((token) => tessera.decodeJwt(token));
      },
      [token, nested],
    );
    const plain = { header: { alg: "RS256", kid: "1" }, claims: { sub: "ada", groups: ["a"] } };
    const deep = { header: { alg: "RS256", jwk: { kty: "RSA" } }, claims: { sub: "ada" } };
    assert.deepEqual(found, [plain, plain, deep, deep]);
  });

  await t.test("reads a thousand tokens with one letter changed as the core does", async () => {
    const letters = "AQgwBz09-_.=+/ \n\u00e9";
    const token = unsigned({ name: "Žofie", n: 1.5, list: [1, "a", null] });
    const changed = Array.from({ length: 1000 }, (_, index) => {
      const at = HEADER.length + 1 + ((index * 7) % (token.length - HEADER.length - 1));
      const letter = letters[index % letters.length];
      return token.slice(0, at) + letter + token.slice(at + (index % 3));
    });
    const found = await decode(changed);
    const read = found.filter(({ value }) => value).length;
    assert.ok(read > 50 && read < 950, `${read} can be read`);
  });

  await t.test("does not read a header that names no algorithm", async () => {
    const headers = [{}, { alg: 7 }, { alg: null }, { alg: ["RS256"] }, { ALG: "RS256" }];
    const entries = headers.map((header) => [JSON.stringify(header), unsigned({}, header)]);
    await assertMalformed(Object.fromEntries(entries));
  });
});
