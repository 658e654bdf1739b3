// A core that says what the test tells it to say, because a change of session must come at a chosen moment.

/** Where the modules were loaded from. */
export const loaded = [];
export async function load(source) {
  loaded.push(source);
  if (loaded.fails) throw new TypeError("no network");
}
export default load;

// The scripts that are bundled with the real one.
export { complete } from "./complete.js";
export { part, provide } from "./parts.js";
export { asPass } from "./short.js";

/** There is none. */
export const Database = { openAhead() {} };

export let say;
/** The options of all clients. */
export const made = [];
/** The windows that sign-ins were given. */
export const windows = [];
/** What the next sign-ins come to: sessions and errors. `pass`: what there is to send a call with. */
export const answers = [];

export async function createClient(options, notify) {
  say = notify;
  made.push(options);
  return {
    fetch: async (input) => answers.fetch?.(input) ?? `fetched ${input.url ?? input}`,
    signIn: async (_options, window) => {
      if (window) windows.push(window);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    returnTo: "https://app.example.com/inbox",
    ahead() {},
    pass: () => answers.pass,
    goOn: async (request, ...given) => `went on with ${given.slice(0, 3)}`,
    close() {},
  };
}
