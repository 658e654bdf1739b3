// The provider's pages as text: sign in, consent, sign out, error. No script runs on them.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { accountHints } from "./account.mjs";

const FILES = new URL("../", import.meta.url);
const STYLESHEETS = {
  "/interaction/theme.css": "theme.css",
  "/interaction/sign-in.css": "server/sign-in.css",
};

const SCOPE_WORDS = {
  openid: "Know that it is you",
  profile: "Read your name and language",
  email: "Read your e-mail address",
  offline_access: "Stay signed in while you are away",
  "api:read": "Call the demo API for you",
  "api:write": "Change things there for you",
};

export function signInPage({ username, problem, acr, addressed = [] }) {
  const invalid = problem ? ' aria-invalid="true" aria-describedby="problem"' : "";
  return {
    title: "Sign in",
    body: `
      <p class="lead">to continue to Tessera demo</p>
      ${acr ? `<p class="asked" data-testid="asked">The API asks for a stronger sign-in: <code>${escape(acr)}</code>. This demo takes your password for it.</p>` : ""}
      <form method="post" data-testid="sign-in-form">
        ${problem ? `<p class="problem" id="problem" role="alert" data-testid="sign-in-problem">${escape(problem)}</p>` : ""}
        <label class="field">Name <input name="username" autocomplete="username" autocapitalize="none" required autofocus value="${escape(username ?? "")}"${invalid} /></label>
        <label class="field">Password <input name="password" type="password" autocomplete="current-password" required${invalid} /></label>
        <div class="actions">
          <button class="button primary" name="action" value="accept">Sign in</button>
          <button class="button" name="action" value="refuse" formnovalidate>Refuse</button>
        </div>
      </form>
      <div class="hints">
        <table>
          <caption>Accounts of this demo</caption>
          ${accountHints.map((hint) => `<tr><td><code>${escape(hint.username)}</code></td><td><code>${escape(hint.password)}</code></td></tr>`).join("")}
        </table>
        ${addressed.length ? `<p data-testid="addressed">The address of this request named ${addressed.map((name) => `<code>${escape(name)}</code>`).join(" ")}</p>` : ""}
      </div>`,
  };
}

export function consentPage({ prompt, scope }) {
  const asked = prompt.details.missingOIDCScope ?? [];
  const forApi = Object.values(prompt.details.missingResourceScopes ?? {}).flat();
  const scopes = [...new Set([...asked, ...forApi])];
  return {
    title: "Allow Tessera demo?",
    body: `
      <p class="lead">The app asks to do this for you:</p>
      <ul class="scopes">
        ${(scopes.length ? scopes : (scope ?? "").split(" ")).map((name) => `<li>${escape(SCOPE_WORDS[name] ?? name)} <small>${escape(name)}</small></li>`).join("")}
      </ul>
      <form method="post" data-testid="consent-form">
        <div class="actions">
          <button class="button primary" name="action" value="accept" autofocus>Allow</button>
          <button class="button" name="action" value="refuse">Refuse</button>
        </div>
      </form>`,
  };
}

/** `logoutSource` of `oidc-provider`: `form` is its own, and its buttons belong to it by id. */
export async function signOutPage(context, form) {
  writePage(context, {
    title: "Sign out?",
    formTarget: clientOrigins(context),
    body: `
      <p class="lead">This ends your session at the identity provider.</p>
      ${form}
      <div class="actions sign-out">
        <button class="button primary" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
        <button class="button" type="submit" form="op.logoutForm">Stay signed in</button>
      </div>`,
  });
}

/** The same for a server that takes the ID token for the user's word. */
export async function signOutAtOnce(context, form) {
  if (!context.oidc.params.id_token_hint) return signOutPage(context, form);
  const nonce = randomBytes(16).toString("base64");
  const headers = securityHeaders(clientOrigins(context));
  const policy = `${headers["content-security-policy"]}; script-src 'nonce-${nonce}'`;
  context.type = "html";
  context.set({ ...headers, "content-security-policy": policy });
  context.body = `<!doctype html><title>Signing out</title>${form}<script nonce="${nonce}">
    const form = document.getElementById("op.logoutForm");
    const yes = { type: "hidden", name: "logout", value: "yes" };
    form.append(Object.assign(document.createElement("input"), yes));
    form.submit();
  </script>`;
}

/** `postLogoutSuccessSource` of `oidc-provider`. */
export async function signedOutPage(context) {
  writePage(context, { title: "Signed out", body: `<p class="lead">You can close this tab.</p>` });
}

/** `renderError` of `oidc-provider`. */
export async function errorPage(context, { error, error_description: description }) {
  writePage(context, {
    title: "That did not work",
    body: `<p class="problem" role="alert"><code>${escape(error)}</code><br />${escape(description ?? "")}</p>`,
  });
}

/** Sends a page on a plain `node:http` response. */
export function sendPage(response, { status = 200, formTarget, ...page }) {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    ...securityHeaders(formTarget),
  });
  response.end(render(page));
}

export async function sendStylesheet(request, response) {
  const file = STYLESHEETS[request.url];
  if (!file) return void response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": "text/css; charset=utf-8",
    "cache-control": "no-cache",
  });
  response.end(await readFile(new URL(file, FILES)));
}

function writePage(context, { formTarget, ...page }) {
  context.type = "html";
  context.set(securityHeaders(formTarget));
  context.body = render(page);
}

/** Chromium holds `form-action` against the redirects after a form, too, and these lead back to the app. */
function securityHeaders(formTarget = "") {
  return {
    "cache-control": "no-store",
    "content-security-policy":
      `default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${formTarget}`.trim(),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
  };
}

function clientOrigins({ oidc }) {
  return [...new Set(oidc.client?.postLogoutRedirectUris.map((uri) => new URL(uri).origin))].join(
    " ",
  );
}

function render({ title, body }) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escape(title)} · Demo identity provider</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/interaction/theme.css" />
    <link rel="stylesheet" href="/interaction/sign-in.css" />
  </head>
  <body>
    <main class="card">
      <p class="wordmark">Demo <span>identity provider</span></p>
      <h1>${escape(title)}</h1>
      ${body}
    </main>
  </body>
</html>
`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
