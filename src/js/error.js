// What the module throws is of the package's own class, which `index.js` has: as a file that both import it would be one more for
// every page to load first.

let AuthError;

export const provideAuthError = (Class) => void (AuthError = Class);
export const authError = (...given) => new AuthError(...given);
