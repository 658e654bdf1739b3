use crate::replace::Replaced;
use js_sys::{Array, Promise, Uint8Array};
use tessera_auth::ErrorCode;
use tessera_auth::browser::{Browser, BrowserJson};
use tessera_auth::client::platform::Crypto;
use tessera_auth::encoding::from_base64url;
use tessera_auth::json::Json;
use tessera_auth::jwt::{Algorithm, Hash};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    fn sign(parameters: &str, data: &[u8]) -> Promise;
}

const ALGORITHMS: [(Algorithm, &str); 10] = [
    (Algorithm::Rs256, r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256","modulusLength":2048}"#),
    (Algorithm::Rs384, r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-384","modulusLength":2048}"#),
    (Algorithm::Rs512, r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-512","modulusLength":2048}"#),
    (Algorithm::Ps256, r#"{"name":"RSA-PSS","hash":"SHA-256","modulusLength":2048,"saltLength":32}"#),
    (Algorithm::Ps384, r#"{"name":"RSA-PSS","hash":"SHA-384","modulusLength":2048,"saltLength":48}"#),
    (Algorithm::Ps512, r#"{"name":"RSA-PSS","hash":"SHA-512","modulusLength":2048,"saltLength":64}"#),
    (Algorithm::Es256, r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#),
    (Algorithm::Es384, r#"{"name":"ECDSA","namedCurve":"P-384","hash":"SHA-384"}"#),
    (Algorithm::Es512, r#"{"name":"ECDSA","namedCurve":"P-521","hash":"SHA-512"}"#),
    (Algorithm::EdDsa, r#"{"name":"Ed25519"}"#),
];

struct Signed {
    public: String,
    private: String,
    signature: Vec<u8>,
}

async fn signed(parameters: &str, data: &[u8]) -> Signed {
    let made = Array::from(&sign(parameters, data).await.expect(parameters));
    let text = |index| made.get(index).as_string().expect("a JWK");
    Signed { public: text(0), private: text(1), signature: Uint8Array::new(&made.get(2)).to_vec() }
}

async fn verify(algorithm: Algorithm, jwk: &str, data: &[u8], signature: &[u8]) -> Result<bool, ErrorCode> {
    let key = BrowserJson::parse(jwk).expect(jwk);
    Browser::new().verify(algorithm, &key, data, signature).await.map_err(|error| error.code())
}

#[wasm_bindgen_test]
async fn digests_of_fips_180_4() {
    for (hash, digest) in [
        (Hash::Sha256, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"),
        (Hash::Sha384, "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn"),
        (Hash::Sha512, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw"),
    ] {
        assert_eq!(Browser::new().digest(hash, b"abc").await.ok(), from_base64url(digest), "{hash:?}");
    }
}

#[wasm_bindgen_test]
async fn signatures_of_published_tokens() {
    let tokens =
        BrowserJson::parse(include_str!("../vectors/jws.json")).and_then(|tokens| tokens.items()).expect("vectors");
    let mut count = 0;
    for token in tokens {
        let Some(key) = token.get("key") else { continue };
        let algorithm = match token.get("header").and_then(|header| header.text("alg")).as_deref() {
            Some("RS256") => Algorithm::Rs256,
            Some("PS384") => Algorithm::Ps384,
            Some("ES256") => Algorithm::Es256,
            Some("ES512") => Algorithm::Es512,
            Some("EdDSA") => Algorithm::EdDsa,
            other => panic!("{other:?}"),
        };
        let text = token.text("token").expect("a token");
        let (data, signature) = text.rsplit_once('.').expect("a signature");
        let signature = from_base64url(signature).expect("base64url");
        assert_eq!(verify(algorithm, &key.to_text(), data.as_bytes(), &signature).await, Ok(true), "{algorithm:?}");
        assert_eq!(
            verify(algorithm, &key.to_text(), data.to_uppercase().as_bytes(), &signature).await,
            Ok(false),
            "{algorithm:?}"
        );
        count += 1;
    }
    assert!(count >= 5);
}

#[wasm_bindgen_test]
async fn every_algorithm_tells_right_from_wrong() {
    for (algorithm, parameters) in ALGORITHMS {
        let made = signed(parameters, b"data").await;
        assert_eq!(verify(algorithm, &made.public, b"data", &made.signature).await, Ok(true), "{algorithm:?}");
        assert_eq!(verify(algorithm, &made.public, b"Data", &made.signature).await, Ok(false), "{algorithm:?}");
        let mut changed = made.signature.clone();
        changed[5] ^= 1;
        // Cut at its end: at its beginning there may be a zero, and not every engine wants that.
        for signature in [&changed[..], &made.signature[..made.signature.len() - 1], &[], &[0; 64]] {
            assert_eq!(verify(algorithm, &made.public, b"data", signature).await, Ok(false), "{algorithm:?}");
        }
        let other = signed(parameters, b"data").await;
        assert_eq!(verify(algorithm, &other.public, b"data", &made.signature).await, Ok(false), "{algorithm:?}");
        // A key of the same family verifies nothing under another algorithm of it.
        for (foreign, _) in ALGORITHMS.into_iter().filter(|(foreign, _)| *foreign != algorithm) {
            let outcome = verify(foreign, &made.public, b"data", &made.signature).await;
            assert!(
                matches!(outcome, Ok(false) | Err(ErrorCode::KeyNotFound)),
                "{algorithm:?} as {foreign:?}: {outcome:?}"
            );
        }
    }
}

#[wasm_bindgen_test]
async fn only_the_members_of_the_public_key_count() {
    for (algorithm, parameters) in ALGORITHMS {
        let made = signed(parameters, b"data").await;
        let hostile = [
            r#"{"alg":"none","use":"enc","key_ops":["sign"],"ext":false,"oth":1,"#,
            made.private.replace(r#""key_ops""#, r#""x5c""#).get(1..).expect("a JWK"),
        ]
        .concat();
        let hostile = hostile
            .replace(r#""alg":"RS"#, r#""a":""#)
            .replace(r#""alg":"PS"#, r#""a":""#)
            .replace(r#""ext":true"#, r#""e_":1"#);
        assert_eq!(verify(algorithm, &hostile, b"data", &made.signature).await, Ok(true), "{algorithm:?}");
    }
}

#[wasm_bindgen_test]
async fn what_is_no_key_of_the_algorithm_is_not_found() {
    let (_, p256) = ALGORITHMS[6];
    let key = BrowserJson::parse(&signed(p256, b"data").await.public).expect("a JWK");
    let (x, y) = (key.text("x").expect("x"), key.text("y").expect("y"));
    for jwk in [
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
        r#"{"kty":"EC","crv":"P-256"}"#.to_owned(),
        r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#.to_owned(),
        r#"{"kty":"EC","crv":"P-256","x":1,"y":2}"#.to_owned(),
        format!(r#"{{"kty":"EC","crv":"P-384","x":"{x}","y":"{y}"}}"#),
        format!(r#"{{"kty":"EC","crv":"secp256k1","x":"{x}","y":"{y}"}}"#),
        format!(r#"{{"kty":"EC","x":"{x}","y":"{y}"}}"#),
        format!(r#"{{"kty":"ec","crv":"P-256","x":"{x}","y":"{y}"}}"#),
    ] {
        assert_eq!(verify(Algorithm::Es256, &jwk, b"data", &[0; 64]).await, Err(ErrorCode::KeyNotFound), "{jwk}");
    }
    // No point of the curve: WebKit takes it as a key, and verifies nothing with it.
    let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{y}","y":"{x}"}}"#);
    assert_ne!(verify(Algorithm::Es256, &jwk, b"data", &[0; 64]).await, Ok(true));
    let _polluted = Replaced::with("Object.prototype.crv", "{ value: 'P-256' }");
    let jwk = format!(r#"{{"kty":"EC","x":"{x}","y":"{y}"}}"#);
    assert_eq!(verify(Algorithm::Es256, &jwk, b"data", &[0; 64]).await, Err(ErrorCode::KeyNotFound));
}

#[wasm_bindgen_test]
async fn what_the_browser_lacks_is_unsupported() {
    let made = signed(ALGORITHMS[9].1, b"data").await;
    {
        let _older = Replaced::with(
            "SubtleCrypto.prototype.importKey",
            "{ value: () => Promise.reject(new DOMException('', 'NotSupportedError')) }",
        );
        assert_eq!(verify(Algorithm::EdDsa, &made.public, b"data", &made.signature).await, Err(ErrorCode::Unsupported));
    }
    for descriptor in ["{ value: {} }", "{ value: undefined }"] {
        let _insecure = Replaced::with("crypto", descriptor);
        assert_eq!(verify(Algorithm::EdDsa, &made.public, b"data", &made.signature).await, Err(ErrorCode::Unsupported));
        let digest = Browser::new().digest(Hash::Sha256, b"abc").await;
        assert_eq!(digest.map_err(|error| error.code()), Err(ErrorCode::Unsupported));
    }
}
