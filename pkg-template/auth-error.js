/** What every failure of the package is. The core makes its errors with it too. */
export class AuthError extends Error {
  constructor(code, message, retryable = false, oauth) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    if (oauth) this.oauth = oauth;
  }

  // On the prototype, so that the stack already begins with it.
  get name() {
    return "AuthError";
  }
}
