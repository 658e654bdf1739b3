// What the kinds with a login of the application's own have in common.

export const passwordFields = ({ accounts: [{ username, password }] }) => [
  { name: "username", label: "Name", value: username, autocomplete: "username" },
  {
    name: "password",
    label: "Password",
    value: password,
    type: "password",
    autocomplete: "current-password",
  },
];

export const passwordWays = (client) => [
  { id: "sign-in", title: "Sign in", act: (given) => client.signIn(given) },
  {
    id: "sign-in-wrong",
    title: "With a wrong password",
    act: (given) => client.signIn({ ...given, password: "not this one" }),
  },
];

/** The server takes no access token any more that it has issued so far: the next call gets a 401. */
export const revoke = (server) => ({
  id: "revoke",
  title: "Revoke it at the server",
  act: () => fetch(`${server}/test/revoke/access`, { method: "POST" }),
});
