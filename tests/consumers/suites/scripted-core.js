// A core that says what the test tells it to say, because a change of session must come at a chosen moment.

export default async function load() {}

export let say;

export async function createClient(options, notify) {
  say = notify;
  return {
    fetch: async (input) => `fetched ${input}`,
    returnTo: "https://app.example.com/inbox",
    close() {},
  };
}
