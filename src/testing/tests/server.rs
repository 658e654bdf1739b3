use crate::client::platform::{Clock, Crypto, Http};
use crate::encoding::{base64url, form, parse_form};
use crate::error::ErrorCode;
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::jwt::{Hash, Jwt, allowed_algorithm, select_keys};
use crate::secret::Secret;
use crate::testing::{Api, AuthorizationServer, Call, Endpoint, Fault, Rotation, Signing, Tab, TestJson, World};
use serde_json::{Value, json};

const VERIFIER: &str = "a verifier of the test that is long enough";

struct Fixture {
    world: World,
    server: AuthorizationServer,
    api: Api,
    tab: Tab,
}

impl Fixture {
    fn new() -> Self {
        let world = World::new(1);
        let server = AuthorizationServer::start(&world, "https://as.example.com");
        let api = Api::start(&world, &server, "https://api.example.com");
        let tab = world.tab();
        Self { world, server, api, tab }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.send(HttpRequest::get(["https://as.example.com", path].concat()))
    }

    fn post(&self, path: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
        let form = form(parameters.iter().copied());
        self.send(HttpRequest::post_form(["https://as.example.com", path].concat(), form.into()))
    }

    fn send(&self, request: HttpRequest) -> (u16, Value) {
        let response = self.world.run(self.tab.send(request, 10_000)).expect("an answer");
        (response.status, serde_json::from_str(response.body.expose()).unwrap_or_default())
    }

    /// The parameters that the user comes back with.
    fn authorize(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge =
            base64url(&self.world.run(self.tab.digest(Hash::Sha256, VERIFIER.as_bytes())).expect("a digest"));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", "https://app.example.com/"),
            ("scope", "openid profile"),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        parameters.extend(more);
        let url = ["https://as.example.com/authorize?", &form(parameters)].concat();
        let back = self.server.visit(&url);
        parse_form(
            back.strip_prefix("https://app.example.com/").expect("back at the app").trim_start_matches(['?', '#']),
        )
    }

    fn code(&self, more: &[(&str, &str)]) -> String {
        find(&self.authorize(more), "code").expect("a code")
    }

    fn exchange(&self, code: &str, verifier: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("redirect_uri", "https://app.example.com/"),
            ("code", code),
            ("code_verifier", verifier),
        ];
        parameters.extend(more);
        self.post("/token", &parameters)
    }

    /// Signs in and returns the token answer.
    fn sign_in(&self) -> Value {
        self.exchange(&self.code(&[]), VERIFIER, &[]).1
    }

    fn refresh(&self, token: &Value) -> (u16, Value) {
        let token = token.as_str().expect("a refresh token");
        self.post("/token", &[("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)])
    }

    fn call(&self, token: &Value) -> HttpResponse {
        let credential = Secret::new(["Bearer ", token.as_str().expect("an access token")].concat());
        let call = Call::get("https://api.example.com/me");
        self.world.run(self.tab.send_call(&call, ("Authorization", &credential), None)).expect("an answer")
    }
}

fn find(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(each, _)| each == name).map(|(_, value)| value.clone())
}

fn invalid_grant() -> (u16, Value) {
    (400, json!({"error": "invalid_grant"}))
}

#[test]
fn metadata_is_where_it_is_said_to_be() {
    for (issuer, openid, oauth) in [
        ("https://as.example.com", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        ("https://as.example.com/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (
            "https://as.example.com/a/b",
            "/a/b/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/a/b",
        ),
    ] {
        let mut fixture = Fixture::new();
        fixture.server = AuthorizationServer::start(&fixture.world, issuer);
        assert_eq!(fixture.get(openid).1["issuer"], issuer);
        assert_eq!(fixture.get(oauth).0, 404);
        fixture.server.configure(|policy| (policy.has_openid_configuration, policy.has_oauth_metadata) = (false, true));
        assert_eq!((fixture.get(openid).0, fixture.get(oauth).1["issuer"].clone()), (404, json!(issuer)));
        assert_eq!(fixture.server.request_count(Endpoint::Metadata), 2);
    }
}

#[test]
fn a_code_is_exchanged_for_tokens_that_the_api_accepts() {
    let fixture = Fixture::new();
    let back = fixture.authorize(&[]);
    assert_eq!(
        (find(&back, "state"), find(&back, "iss")),
        (Some("a-state".into()), Some("https://as.example.com".into()))
    );
    let (status, tokens) = fixture.exchange(&find(&back, "code").expect("a code"), VERIFIER, &[]);
    assert_eq!((status, &tokens["token_type"], &tokens["expires_in"]), (200, &json!("Bearer"), &json!(300)));
    let answer = fixture.call(&tokens["access_token"]);
    assert_eq!(answer.status, 200);
    assert_eq!(TestJson::parse(answer.body.expose()).and_then(|json| json.text("user")).as_deref(), Some("alice"));
    fixture.world.advance(300_000);
    let refused = fixture.call(&tokens["access_token"]);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(r#"Bearer error="invalid_token""#)));
    assert_eq!((fixture.api.request_count(), fixture.api.accepted_count()), (2, 1));
}

#[test]
fn the_verifier_is_checked() {
    let fixture = Fixture::new();
    assert_eq!(fixture.exchange(&fixture.code(&[]), "another verifier", &[]), invalid_grant());
    assert_eq!(fixture.exchange(&fixture.code(&[]), "", &[]), invalid_grant());
    assert_eq!(fixture.exchange("made-up", VERIFIER, &[]), invalid_grant());
    let old = fixture.code(&[]);
    fixture.world.advance(61_000);
    assert_eq!(fixture.exchange(&old, VERIFIER, &[]), invalid_grant());
}

#[test]
fn a_code_that_is_used_twice_ends_the_session() {
    let fixture = Fixture::new();
    let code = fixture.code(&[]);
    let (_, tokens) = fixture.exchange(&code, VERIFIER, &[]);
    assert_eq!(fixture.server.honoured_count(), 1);
    assert_eq!(fixture.exchange(&code, VERIFIER, &[]), invalid_grant());
    assert_eq!((fixture.server.honoured_count(), fixture.call(&tokens["access_token"]).status), (0, 401));
    assert_eq!(fixture.refresh(&tokens["refresh_token"]), invalid_grant());
}

#[test]
fn a_rotated_refresh_token_that_is_used_again_ends_the_session() {
    let fixture = Fixture::new();
    let first = fixture.sign_in();
    let (status, second) = fixture.refresh(&first["refresh_token"]);
    assert_eq!(status, 200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(fixture.server.reuse_count(), 0);
    assert_eq!(fixture.refresh(&first["refresh_token"]), invalid_grant());
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (1, 0));
    assert_eq!(fixture.refresh(&second["refresh_token"]), invalid_grant());
    assert_eq!(fixture.call(&second["access_token"]).status, 401);
}

#[test]
fn in_a_grace_period_a_rotated_refresh_token_is_still_good() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.rotation = Rotation::Grace { seconds: 30 });
    let first = fixture.sign_in();
    fixture.refresh(&first["refresh_token"]);
    fixture.world.advance(29_000);
    assert_eq!(fixture.refresh(&first["refresh_token"]).0, 200);
    fixture.world.advance(2_000);
    assert_eq!(fixture.refresh(&first["refresh_token"]), invalid_grant());
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (1, 0));
}

#[test]
fn without_rotation_the_refresh_token_stays() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.rotation = Rotation::Off);
    let tokens = fixture.sign_in();
    for _ in 0..3 {
        let (status, renewed) = fixture.refresh(&tokens["refresh_token"]);
        assert_eq!((status, &renewed["refresh_token"]), (200, &Value::Null));
    }
}

#[test]
fn tokens_that_are_not_issued_are_not_there() {
    let fixture = Fixture::new();
    let has = |tokens: &Value| ["refresh_token", "id_token"].map(|name| tokens[name].is_string());
    let tokens = fixture.sign_in();
    fixture.server.configure(|policy| policy.renews_id_tokens = false);
    assert_eq!((has(&tokens), has(&fixture.refresh(&tokens["refresh_token"]).1)), ([true, true], [true, false]));
    fixture.server.configure(|policy| (policy.issues_refresh_tokens, policy.issues_id_tokens) = (false, false));
    assert_eq!(has(&fixture.sign_in()), [false, false]);
}

#[test]
fn refresh_tokens_end_with_age_and_with_idleness() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| {
        policy.rotation = Rotation::Off;
        policy.refresh_token_lifetime = Some(1_000);
        policy.refresh_token_idle = Some(400);
    });
    let (idle, used) = (fixture.sign_in(), fixture.sign_in());
    for _ in 0..3 {
        fixture.world.advance(300_000);
        assert_eq!(fixture.refresh(&used["refresh_token"]).0, 200);
    }
    assert_eq!((fixture.refresh(&idle["refresh_token"]), fixture.server.honoured_count()), (invalid_grant(), 1));
    fixture.world.advance(100_000);
    assert_eq!((fixture.refresh(&used["refresh_token"]), fixture.server.honoured_count()), (invalid_grant(), 0));
}

#[test]
fn the_id_token_is_signed_and_says_who_signed_in() {
    let fixture = Fixture::new();
    let tokens = fixture.sign_in();
    let check = |key_set: Value, token: &Value| {
        let jwt: Jwt<'_, TestJson> = Jwt::decode(token.as_str().expect("a token")).expect("a JWT");
        let algorithm = allowed_algorithm(&jwt.header, None).expect("an algorithm");
        let keys = select_keys(&TestJson(key_set), &jwt.header, algorithm).map_err(|error| error.code())?;
        let is_good = fixture.world.run(fixture.tab.verify(algorithm, &keys[0], jwt.signed(), jwt.signature()));
        assert_eq!(is_good, Ok(true));
        Ok(jwt.claims_json.0)
    };
    let (_, published) = fixture.get("/jwks");
    let claims = check(published.clone(), &tokens["id_token"]).expect("a key");
    assert_eq!((&claims["sub"], &claims["aud"], &claims["nonce"]), (&json!("alice"), &json!("app"), &json!("a-nonce")));
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(300));

    fixture.server.rotate_key();
    let later = fixture.sign_in();
    assert_eq!(check(published, &later["id_token"]), Err(ErrorCode::KeyNotFound));
    assert!(check(fixture.server.jwks(), &later["id_token"]).is_ok());
}

#[test]
fn forged_signatures_do_not_verify() {
    let fixture = Fixture::new();
    let key = TestJson(fixture.server.jwks()["keys"][0].clone());
    for signing in [Signing::Foreign, Signing::Hmac(b"public key".to_vec()), Signing::Unsigned] {
        let asked = signing.clone();
        fixture.server.rewrite_id_token(move |draft| draft.signing = asked.clone());
        let tokens = fixture.sign_in();
        let jwt: Jwt<'_, TestJson> = Jwt::decode(tokens["id_token"].as_str().expect("a token")).expect("a JWT");
        let algorithm = crate::jwt::Algorithm::EdDsa;
        let is_good = fixture.world.run(fixture.tab.verify(algorithm, &key, jwt.signed(), jwt.signature()));
        assert_eq!(is_good, Ok(false), "{signing:?}");
    }
}

#[test]
fn answers_are_changed_on_command_until_the_server_behaves() {
    let fixture = Fixture::new();
    fixture.server.rewrite_json(Endpoint::Token, |json| json["expires_in"] = json!("300"));
    fixture.server.rewrite_id_token(|draft| draft.claims["sub"] = json!("mallory"));
    fixture.server.answer_next(Endpoint::Token, HttpResponse::new(503, ""));
    let code = fixture.code(&[]);
    assert_eq!(fixture.exchange(&code, VERIFIER, &[]).0, 503);
    let (_, tokens) = fixture.exchange(&code, VERIFIER, &[]);
    assert_eq!(tokens["expires_in"], "300");
    let jwt: Jwt<'_, TestJson> = Jwt::decode(tokens["id_token"].as_str().expect("a token")).expect("a JWT");
    assert_eq!(jwt.claims_json.text("sub").as_deref(), Some("mallory"));
    fixture.server.behave();
    assert_eq!(fixture.sign_in()["expires_in"], 300);
}

#[test]
fn the_user_refuses_and_the_server_asks_again() {
    let fixture = Fixture::new();
    fixture.server.refuse_next("access_denied", "Not today");
    let refused = fixture.authorize(&[]);
    assert_eq!((find(&refused, "error").as_deref(), find(&refused, "code")), (Some("access_denied"), None));
    assert_eq!(find(&fixture.authorize(&[("prompt", "none")]), "error").as_deref(), Some("login_required"));
    fixture.code(&[]);
    fixture.code(&[("prompt", "none")]);
    fixture.server.set_user("bob");
    assert_eq!(find(&fixture.authorize(&[("prompt", "none")]), "error").as_deref(), Some("login_required"));
    let fragment = fixture.authorize(&[("response_mode", "fragment")]);
    assert!(find(&fragment, "code").is_some());
}

#[test]
fn a_resource_must_be_named_again_for_the_token() {
    let fixture = Fixture::new();
    fixture.api.require_audience("https://api.example.com");
    let resource = ("resource", "https://api.example.com");
    let (_, without) = fixture.exchange(&fixture.code(&[resource]), VERIFIER, &[]);
    let (_, with) = fixture.exchange(&fixture.code(&[resource]), VERIFIER, &[resource]);
    let statuses = [&without, &with].map(|tokens| fixture.call(&tokens["access_token"]).status);
    assert_eq!(statuses, [401, 200]);
    let (status, refused) = fixture.exchange(&fixture.code(&[]), VERIFIER, &[resource]);
    assert_eq!((status, refused), (400, json!({"error": "invalid_target"})));
    let token = with["refresh_token"].as_str().expect("a refresh token");
    let other = ("resource", "https://other.example.com");
    let parameters = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token), other];
    assert_eq!(fixture.post("/token", &parameters).1, json!({"error": "invalid_target"}));
    assert_eq!(fixture.refresh(&with["refresh_token"]).0, 200, "what was refused did not use the token up");
}

#[test]
fn what_is_revoked_or_signed_out_is_over() {
    let fixture = Fixture::new();
    let (first, second, third) = (fixture.sign_in(), fixture.sign_in(), fixture.sign_in());
    let revoke =
        |token: &Value| fixture.post("/revoke", &[("client_id", "app"), ("token", token.as_str().expect("a token"))]).0;
    assert_eq!((revoke(&first["access_token"]), revoke(&json!("unknown"))), (200, 200));
    assert_eq!((fixture.call(&first["access_token"]).status, fixture.server.honoured_count()), (401, 3));
    assert_eq!((revoke(&second["refresh_token"]), fixture.server.honoured_count()), (200, 2));
    let url = "https://as.example.com/logout?post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2F&state=s";
    assert_eq!(fixture.server.visit(url), "https://app.example.com/?state=s");
    assert_eq!((fixture.refresh(&third["refresh_token"]), fixture.server.honoured_count()), (invalid_grant(), 0));
}

#[test]
fn userinfo_wants_a_token() {
    let fixture = Fixture::new();
    let tokens = fixture.sign_in();
    let request = HttpRequest::get("https://as.example.com/userinfo");
    let credential = ["Bearer ", tokens["access_token"].as_str().expect("a token")].concat();
    assert_eq!(fixture.send(request.clone()).0, 401);
    assert_eq!(fixture.send(request.with_header("authorization", credential)).1["sub"], "alice");
}

#[test]
fn an_answer_that_is_lost_was_acted_on() {
    let fixture = Fixture::new();
    let tokens = fixture.sign_in();
    fixture.world.fail_next("/token", Fault::AnswerLost);
    let body = form([
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("refresh_token", tokens["refresh_token"].as_str().expect("a token")),
    ]);
    let lost =
        fixture.world.run(fixture.tab.send(HttpRequest::post_form("https://as.example.com/token", body.into()), 1_000));
    assert_eq!(lost.map_err(|error| error.code()), Err(ErrorCode::Timeout));
    assert_eq!(fixture.refresh(&tokens["refresh_token"]), invalid_grant());
}

#[test]
fn dates_are_exposed_when_the_server_says_so() {
    let fixture = Fixture::new();
    let ask = || {
        let request = HttpRequest::get("https://as.example.com/jwks");
        fixture.world.run(fixture.tab.send(request, 1_000)).expect("an answer").date()
    };
    assert_eq!(ask(), None);
    fixture.server.configure(|policy| policy.exposes_date = true);
    fixture.world.shift_clock(3_600_000);
    assert_eq!(ask(), Some(fixture.world.now()));
    assert!(fixture.tab.wall_ms() > 0.0);
}

#[test]
fn every_secret_is_written_down() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.issues_jwt_access_tokens = true);
    let code = fixture.code(&[]);
    let (_, tokens) = fixture.exchange(&code, VERIFIER, &[]);
    let texts = [code, VERIFIER.to_owned()].into_iter().chain(
        ["access_token", "refresh_token", "id_token"].map(|name| tokens[name].as_str().expect("a token").to_owned()),
    );
    for secret in texts {
        assert_eq!(fixture.server.find_secret(&format!("oh no: {secret}!")), Some(secret));
    }
    fixture.exchange(&fixture.code(&[]), "", &[]);
    assert_eq!(fixture.server.find_secret("nothing"), None);
}

#[test]
#[should_panic(expected = "code_challenge")]
fn an_authorization_request_without_pkce_is_a_defect() {
    let fixture = Fixture::new();
    let _ = fixture.server.visit("https://as.example.com/authorize?client_id=app&redirect_uri=x&state=s");
}
