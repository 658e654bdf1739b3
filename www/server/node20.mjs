// `oidc-provider` is written for Node 22. On Node 20 it lacks one function and says so once; with the function
// it runs, so the sentence is kept from the console. Every other warning passes.

URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);

const { warn } = console;
console.warn = (message, ...rest) => {
  if (!/oidc-provider WARNING: Unsupported runtime/.test(message))
    warn.call(console, message, ...rest);
};
export const { Provider, interactionPolicy } = await import("oidc-provider");
console.warn = warn;
