//! The token endpoint: codes (RFC 6749 §4.1.3, RFC 7636 §4.6) and refresh tokens (RFC 6749 §6).

use super::grant::{Grant, Shown};
use super::{State, answer, refusal};
use crate::encoding::base64url;
use crate::http::HttpResponse;
use crate::jwt::Hash;
use crate::testing::crypto::digest;
use crate::testing::network::Request;
use crate::testing::proof::ProofCheck;
use serde_json::{Map, Value, json};

/// What an access token is asked for.
struct Wanted {
    scope: String,
    resource: Option<String>,
}

impl Wanted {
    /// Reads it from a request, and refuses what goes beyond the grant, and the resource that there are no tokens for.
    fn read(request: &Request, grant: &Grant, refused: Option<&str>) -> Result<Self, HttpResponse> {
        let resource = request.parameter("resource");
        let is_refused = |resource: &str| !grant.has_resource(resource) || refused == Some(resource);
        if resource.as_deref().is_some_and(is_refused) {
            return Err(refusal(400, "invalid_target")); // RFC 8707 §2
        }
        let scope = request.parameter("scope").unwrap_or_else(|| grant.scope.clone());
        if !scope.split(' ').all(|scope| grant.has_scope(scope)) {
            return Err(refusal(400, "invalid_scope")); // RFC 6749 §6
        }
        Ok(Self { scope, resource })
    }
}

/// What is issued beside the access token.
struct Beside {
    refresh_token: bool,
    id_token: bool,
    nonce: Option<String>,
}

impl State {
    pub(super) fn token(&self, request: &Request) -> HttpResponse {
        let client_id = request.parameter("client_id").unwrap_or_default();
        if !self.clients.borrow().contains(&client_id) {
            return refusal(401, "invalid_client");
        }
        match request.parameter("grant_type").as_deref() {
            Some("authorization_code") => self.exchange_code(request, &client_id),
            Some("refresh_token") => self.refresh(request, &client_id),
            Some(_) => refusal(400, "unsupported_grant_type"),
            None => refusal(400, "invalid_request"),
        }
    }

    fn exchange_code(&self, request: &Request, client_id: &str) -> HttpResponse {
        let key = match self.check_proof(request) {
            Ok(key) => key,
            Err(refused) => return refused,
        };
        let verifier = self.remember(request.parameter("code_verifier").unwrap_or_default());
        let code = request.parameter("code").unwrap_or_default();
        let mut codes = self.codes.borrow_mut();
        let Some(record) = codes.get_mut(&code) else { return refusal(400, "invalid_grant") };
        if let Some(grant) = record.grant {
            // RFC 6749 §4.1.2: a code that is used twice may have been stolen, and so may its tokens.
            self.revoke_grant(grant);
            return refusal(400, "invalid_grant");
        }
        let asked = |name: &str| record.request.get(name).cloned();
        let challenge = base64url(&digest(Hash::Sha256, verifier.as_bytes()));
        let is_good = asked("client_id").as_deref() == Some(client_id)
            && asked("redirect_uri") == request.parameter("redirect_uri")
            && asked("code_challenge") == Some(challenge)
            && asked("dpop_jkt").is_none_or(|bound| key.as_ref() == Some(&bound))
            && self.now().seconds_since(record.issued_at) <= i64::from(self.policy.borrow().code_lifetime);
        if !is_good {
            return refusal(400, "invalid_grant");
        }
        let grant = Grant {
            user: record.user.clone(),
            client_id: client_id.to_owned(),
            scope: asked("scope").unwrap_or_default(),
            resources: asked("resource").unwrap_or_default(),
            authorization_details: asked("authorization_details"),
            key,
            acr: asked("acr_values").and_then(|values| values.split(' ').next().map(str::to_owned)),
            auth_time: record.auth_time,
            began_at: self.now(),
            used_at: None,
            is_revoked: false,
        };
        let wanted = match Wanted::read(request, &grant, self.policy.borrow().refused_resource.as_deref()) {
            Ok(wanted) => wanted,
            Err(refused) => return refused,
        };
        let nonce = asked("nonce");
        let number = self.add_grant(grant.clone());
        record.grant = Some(number);
        let policy = self.policy.borrow().clone();
        let beside = Beside { nonce, refresh_token: policy.issues_refresh_tokens, id_token: policy.issues_id_tokens };
        self.issue(number, &grant, &wanted, &beside)
    }

    fn refresh(&self, request: &Request, client_id: &str) -> HttpResponse {
        let token = request.parameter("refresh_token").unwrap_or_default();
        let key = match self.check_proof(request) {
            Ok(key) => key,
            Err(refused) => return refused,
        };
        // RFC 9449 §5: those of a public client are bound to its key.
        let found = self.find_refresh_token(&token, client_id).filter(|(_, grant)| grant.key == key);
        let Some((number, grant)) = found else { return refusal(400, "invalid_grant") };
        let wanted = match Wanted::read(request, &grant, self.policy.borrow().refused_resource.as_deref()) {
            Ok(wanted) => wanted,
            Err(refused) => return refused,
        };
        let is_replaced = self.use_refresh_token(&token);
        let policy = self.policy.borrow().clone();
        let id_token = policy.issues_id_tokens && policy.renews_id_tokens;
        self.issue(number, &grant, &wanted, &Beside { nonce: None, refresh_token: is_replaced, id_token })
    }

    fn issue(&self, number: usize, grant: &Grant, wanted: &Wanted, beside: &Beside) -> HttpResponse {
        let access_token = self.access_token(grant, wanted);
        self.add_access_token(&access_token, number, wanted.scope.clone(), wanted.resource.clone());
        let mut body = json!({
            "access_token": access_token,
            "token_type": if grant.key.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": self.policy.borrow().access_token_lifetime,
            "scope": wanted.scope,
        });
        let Some(members) = body.as_object_mut() else { return refusal(500, "server_error") };
        if let Some(details) = &grant.authorization_details {
            members.insert("authorization_details".to_owned(), serde_json::from_str(details).unwrap_or_default());
        }
        if beside.refresh_token {
            let refresh_token = self.remember(self.random.token());
            self.add_refresh_token(&refresh_token, number);
            members.insert("refresh_token".to_owned(), refresh_token.into());
        }
        if beside.id_token && grant.has_scope("openid") {
            let claims = self.id_token_claims(grant, &access_token, beside.nonce.as_deref());
            members.insert("id_token".to_owned(), self.sign_id_token(claims).into());
        }
        answer(200, &body)
    }

    fn access_token(&self, grant: &Grant, wanted: &Wanted) -> String {
        if !self.policy.borrow().issues_jwt_access_tokens {
            return self.remember(self.random.token());
        }
        let claims = json!({
            "iss": self.issuer,
            "sub": grant.user,
            "aud": wanted.resource.as_deref().unwrap_or(&self.issuer),
            "client_id": grant.client_id,
            "scope": wanted.scope,
            "iat": self.now().0,
            "exp": self.now().plus(self.policy.borrow().access_token_lifetime.into()).0,
            "jti": self.random.token(),
        });
        self.sign("at+jwt", claims) // RFC 9068 §2
    }

    /// OpenID Connect Core 1.0 §2, §3.1.3.6 and §12.2
    fn id_token_claims(&self, grant: &Grant, access_token: &str, nonce: Option<&str>) -> Value {
        let hash = digest(Hash::Sha512, access_token.as_bytes());
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(self.issuer)),
            ("sub".to_owned(), json!(grant.user)),
            ("aud".to_owned(), json!(grant.client_id)),
            ("iat".to_owned(), json!(self.now().0)),
            ("exp".to_owned(), json!(self.now().plus(self.policy.borrow().id_token_lifetime.into()).0)),
            ("auth_time".to_owned(), json!(grant.auth_time.0)),
            ("at_hash".to_owned(), json!(hash.get(..hash.len() / 2).map(base64url))),
        ]);
        claims.extend(nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        claims.extend(grant.acr.as_ref().map(|acr| ("acr".to_owned(), json!(acr))));
        Value::Object(claims)
    }
}

impl State {
    /// The thumbprint of the key that a request has a proof of, if it has one.
    pub(super) fn check_proof(&self, request: &Request) -> Result<Option<String>, HttpResponse> {
        if !self.policy.borrow().binds_tokens || request.header("dpop").is_none() {
            return Ok(None);
        }
        let checked = self.proofs.check(request, self.now(), None);
        checked.map(Some).map_err(|refused| refusal(400, refused.error()))
    }

    /// What the access token of a request says, if the request may be made with it (RFC 6750 §2.1, RFC 9449 §7.1); or the
    /// challenge that it is answered with.
    pub(in super::super) fn check_call(&self, request: &Request, proofs: &ProofCheck) -> Result<Shown, String> {
        let invalid = |scheme: &str| [scheme, r#" error="invalid_token""#].concat();
        if let Some(token) = request.bearer() {
            return self.check_access_token(token).filter(|shown| shown.key.is_none()).ok_or_else(|| invalid("Bearer"));
        }
        let Some(token) = request.credential("dpop") else { return Err("Bearer".to_owned()) };
        let shown = self.check_access_token(token).ok_or_else(|| invalid("DPoP"))?;
        match proofs.check(request, self.now(), Some(token)) {
            Ok(key) if shown.key.as_ref() == Some(&key) => Ok(shown),
            Ok(_) => Err(invalid("DPoP")),
            Err(refused) => Err([r#"DPoP algs="EdDSA", error=""#, refused.error(), "\""].concat()),
        }
    }
}
