// What the module throws is of the package's own class, which `index.js` has. As a file that both import, bundlers would make a chunk of
// it, for every page to load first.

let AuthError;

export const provideAuthError = (Class) => void (AuthError = Class);
export const authError = (...given) => new AuthError(...given);
