// What an application does with the package, and what it must be refused. Written into the page as JSON, for the test to read.

// RFC 7519 §3.1
const jwt =
  "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

// RFC 7515 appendix A.3: signed by ES256, and long expired
const signedJwt =
  "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const keys = {
  keys: [
    {
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
  ],
};

const options = {
  issuer: "https://id.example.com",
  clientId: "consumer",
  resources: ["https://api.example.com/v1"],
  metadata: {
    issuer: "https://id.example.com",
    authorization_endpoint: "https://id.example.com/authorize",
    token_endpoint: "https://id.example.com/token",
    jwks_uri: "https://id.example.com/keys",
  },
};

/**
 * @param tessera The package, however the project imports it. @param wasm Where the module is, for projects that must say it.
 * @param others Where the others are.
 */
export async function run(tessera, wasm, others) {
  const { AuthError, createApiKeyClient, createClient, decodeJwt, init, verifyJwt } = tessera;

  const refusal = async (attempt) => {
    try {
      await attempt();
      return "not refused";
    } catch (error) {
      return error instanceof AuthError ? error.code : `not an AuthError: ${error}`;
    }
  };

  const report = { decodeBeforeInit: await refusal(() => decodeJwt(jwt)) };
  if (wasm) await init(wasm, others);

  const client = await createClient(options);
  const { subscribe, fetch } = client; // both are handed on by themselves in real applications
  const seen = [];
  subscribe((session) => seen.push(session))();

  Object.assign(report, {
    session: client.session,
    error: client.error,
    returnTo: client.returnTo,
    seen,
    decoded: decodeJwt(jwt),
    malformedToken: await refusal(() => decodeJwt("no.token")),
    expiredToken: await refusal(() => verifyJwt(signedJwt, { keys, issuer: "joe" })),
    tamperedToken: await refusal(() =>
      verifyJwt(signedJwt.replace(".DtEh", ".DtEi"), { keys, issuer: "joe" }),
    ),
    unknownOption: await refusal(() => createClient({ ...options, ressources: [] })),
    unlistedUrl: await refusal(() => fetch("https://api.example.com.evil.test/v1/me")),
    signedOut: await refusal(() => client.accessToken()),
    overlap: await refusal(() => createApiKeyClient({ key: "k", resources: options.resources })),
  });
  client.close();
  const apiKey = await createApiKeyClient({ key: "k", resources: options.resources });
  report.credentialsModule = apiKey.session.tokenType;
  await apiKey.signOut();
  report.keyIsGone = apiKey.session;

  document.querySelector("output").textContent = JSON.stringify(report);
}
