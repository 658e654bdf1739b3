// A core that says what the test tells it to say, because a change of session must come at a chosen moment.

export default async function load() {}

export let say;
/** The options of all clients. */
export const made = [];
/** What the next clients find stored. */
export const found = [];
/** The windows that sign-ins were given. */
export const windows = [];
/** What the next sign-ins come to: sessions and errors. */
export const answers = [];

export async function createClient(options, notify) {
  say = notify;
  made.push(options);
  if (found.length > 0) notify(found.shift(), null, null);
  return {
    fetch: async (input) => `fetched ${input}`,
    signIn: async (_options, window) => {
      if (window) windows.push(window);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    returnTo: "https://app.example.com/inbox",
    close() {},
  };
}
