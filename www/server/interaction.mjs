// The steps of a sign-in that the user sees: who are you, and may this app know it?

import { authenticate } from "./account.mjs";
import { consentPage, sendPage, sendStylesheet, signInPage } from "./interaction-page.mjs";

const PREFIX = "/interaction/";
const FORM_LIMIT_BYTES = 8 * 1024;

/**
 * Answers what `oidc-provider` leaves to its host: `/interaction/…` and the stylesheets of these pages. `origins` are those
 * that a sign-in may lead back to, `classes` the ways to sign in (`acr`), `addressed` what was in the address of each
 * interaction. `presumed.account` is who answers every question by himself; `null`: the user is asked.
 */
export function createInteraction({ provider, origins, presumed, addressed, classes }) {
  async function answer(request, response) {
    try {
      if (request.url.endsWith(".css")) return await sendStylesheet(request, response);
      const details = await provider.interactionDetails(request, response);
      if (presumed.account) return await finishFor(request, response, details, presumed.account);
      if (request.method !== "POST") return showPrompt(response, details);
      return await takeAnswer(request, response, details, await readForm(request));
    } catch (error) {
      // A stale form or a foreign browser: the interaction's cookie is missing or of another one.
      return sendPage(response, {
        status: error.status ?? 400,
        title: "This page has expired",
        body: "<p>Go back to the app and sign in again.</p>",
      });
    }
  }

  function showPrompt(response, details, problem) {
    const { uid, prompt, params } = details;
    const page =
      prompt.name === "consent"
        ? consentPage({ prompt, scope: params.scope })
        : signInPage({
            username: params.login_hint,
            problem,
            acr: params.acr_values,
            addressed: addressed.get(uid),
          });
    return sendPage(response, {
      ...page,
      status: problem ? 401 : 200,
      formTarget: origins.join(" "),
    });
  }

  async function takeAnswer(request, response, details, form) {
    const finish = (result, options) =>
      provider.interactionFinished(request, response, result, options);

    if (form.get("action") === "refuse") {
      return finish(
        { error: "access_denied", error_description: "The user refused." },
        { mergeWithLastSubmission: false },
      );
    }
    if (details.prompt.name === "consent") {
      return finish({ consent: { grantId: await grant(details) } });
    }
    const accountId = authenticate(form.get("username"), form.get("password"));
    if (!accountId) {
      return showPrompt(
        response,
        { ...details, params: { login_hint: form.get("username") } },
        "That name and password do not belong together.",
      );
    }
    return finish({ login: login(details, accountId) }, { mergeWithLastSubmission: false });
  }

  /** The demo takes every password for as good as what was asked for. */
  const login = ({ params }, accountId) => ({
    accountId,
    acr: params.acr_values?.split(" ").find((acr) => classes.includes(acr)) ?? classes[0],
  });

  async function finishFor(request, response, details, accountId) {
    const result =
      details.prompt.name === "consent"
        ? { consent: { grantId: await grant(details) } }
        : { login: login(details, accountId) };
    return provider.interactionFinished(request, response, result);
  }

  async function grant({ grantId, session, params, prompt: { details } }) {
    const granted = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    if (details.missingOIDCScope) granted.addOIDCScope(details.missingOIDCScope.join(" "));
    if (details.missingOIDCClaims) granted.addOIDCClaims(details.missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {}))
      granted.addResourceScope(resource, scopes.join(" "));
    for (const detail of details.rar ?? []) granted.addRar(detail);
    return granted.save();
  }

  return { owns: ({ url }) => url.startsWith(PREFIX), answer };
}

async function readForm(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > FORM_LIMIT_BYTES)
      throw Object.assign(new Error("The form is too large."), { status: 413 });
  }
  return new URLSearchParams(text);
}
