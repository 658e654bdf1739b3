// The people who can sign in. Their passwords are on the sign-in page: this is a demo.

const ACCOUNTS = [
  {
    username: "ada",
    password: "engine-1843",
    name: "Ada Lovelace",
    givenName: "Ada",
    familyName: "Lovelace",
    email: "ada@demo.example",
    locale: "en-GB",
    zone: "Europe/London",
  },
  {
    username: "grace",
    password: "nanosecond",
    name: "Grace Hopper",
    givenName: "Grace",
    familyName: "Hopper",
    email: "grace@demo.example",
    locale: "en-US",
    zone: "America/New_York",
  },
  {
    username: "zoë",
    password: "pässwörd",
    name: "Zoë Ångström 🦉",
    givenName: "Zoë",
    familyName: "Ångström",
    email: "zoe@demo.example",
    locale: "sv-SE",
    zone: "Europe/Stockholm",
  },
];

/** What the sign-in page tells about each account, and what the servers in Python know of it. */
export const accountHints = ACCOUNTS.map(({ username, password, name, email }) => ({
  username,
  password,
  name,
  email,
}));

/** The account id, or `undefined` when the two do not belong together. */
export function authenticate(username, password) {
  const account = ACCOUNTS.find(
    (candidate) => candidate.username === username?.trim().toLowerCase().normalize("NFC"),
  );
  return account?.password === password?.normalize("NFC") ? account?.username : undefined;
}

/** Finds an account the way `oidc-provider` asks for it. */
export async function findAccount(_context, accountId) {
  const account = ACCOUNTS.find(({ username }) => username === accountId);
  return (
    account && { accountId, claims: async () => ({ sub: accountId, ...standardClaims(account) }) }
  );
}

/** OpenID Connect Core 1.0 §5.1; which of them are told is decided by the granted scopes. */
function standardClaims(account) {
  return {
    name: account.name,
    given_name: account.givenName,
    family_name: account.familyName,
    preferred_username: account.username,
    locale: account.locale,
    zoneinfo: account.zone,
    email: account.email,
    email_verified: true,
  };
}
