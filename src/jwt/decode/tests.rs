use super::*;
use crate::encoding::base64url;
use crate::testing::TestJson;
use crate::time::UnixTime;

fn token(header: &[u8], claims: &[u8]) -> String {
    [&base64url(header), ".", &base64url(claims), ".c2ln"].concat()
}

fn decode(token: &str) -> Result<Jwt<'_, TestJson>> {
    Jwt::decode(token)
}

fn assert_malformed(token: &str) {
    let error = decode(token).expect_err(token);
    assert_eq!(error.code(), ErrorCode::MalformedToken, "{token}");
    assert!(token.len() < 20 || !error.message().contains(token), "{error}");
}

#[test]
fn reads_the_header() {
    let text = token(br#"{"typ":"at+jwt","alg":"ES256","kid":"\u00e9","x":{"y":[1]},"crit":["x"]}"#, b"{}");
    let jwt = decode(&text).expect("a token");
    let expected = Header {
        algorithm: "ES256".into(),
        key_id: Some("\u{e9}".into()),
        typ: Some("at+jwt".into()),
        is_critical: true,
    };
    assert_eq!(jwt.header, expected);
    assert_eq!(jwt.header_json.get("x").map(|x| x.to_text()), Some(r#"{"y":[1]}"#.into()));
    assert_eq!(jwt.signature(), b"sig");
}

#[test]
fn unicode_claims_are_whole() {
    let name = "Ünïcödé 名前 \u{1f9d1}\u{200d}\u{1f680} \u{0}\u{feff}";
    let claims = serde_json::json!({"name": name, "\u{540d}": "\u{202e}"}).to_string();
    let text = token(br#"{"alg":"ES256"}"#, claims.as_bytes());
    let jwt = decode(&text).expect("a token");
    assert_eq!(jwt.claims_json.text("name").as_deref(), Some(name));
    assert_eq!(jwt.claims_json.text("\u{540d}").as_deref(), Some("\u{202e}"));
}

#[test]
fn a_long_token_is_whole() {
    let long = "x".repeat(100_000);
    let text = token(br#"{"alg":"ES256"}"#, serde_json::json!({"long": long, "exp": 7}).to_string().as_bytes());
    let jwt = decode(&text).expect("a token");
    assert_eq!(jwt.claims_json.text("long"), Some(long));
    assert_eq!(jwt.claims().expect("claims").expires_at, Some(UnixTime(7)));
}

#[test]
fn an_unsigned_token_is_decoded_for_reading() {
    let text = token(br#"{"alg":"none"}"#, b"{}");
    let jwt = decode(text.trim_end_matches("c2ln")).expect("a token");
    assert_eq!(jwt.signature(), b"");
}

#[test]
fn of_a_claim_given_twice_the_last_counts_and_a_header_given_twice_is_refused() {
    let text = token(br#"{"alg":"ES256"}"#, br#"{"sub":"first","sub":"last"}"#);
    assert_eq!(decode(&text).expect("a token").claims_json.text("sub").as_deref(), Some("last"));
    assert_malformed(&token(br#"{"alg":"none","alg":"ES256"}"#, b"{}"));
    assert_malformed(&token(br#"{"alg":"ES256","kid":"a","kid":"b"}"#, b"{}"));
}

#[test]
fn the_number_of_parts_is_three() {
    let whole = token(br#"{"alg":"ES256"}"#, b"{}");
    let (two, _) = whole.rsplit_once('.').expect("parts");
    for text in ["", ".", "..", "...", "a", "a.b", two, &[&whole, "."].concat(), &[&whole, ".a.b"].concat()] {
        assert_malformed(text);
    }
    for text in [whole.replacen('.', "..", 1), [".", &whole].concat(), whole.replace('.', "")] {
        assert_malformed(&text);
    }
}

#[test]
fn empty_header_or_claims_are_malformed() {
    let whole = token(br#"{"alg":"ES256"}"#, b"{}");
    let parts: Vec<_> = whole.split('.').collect();
    assert_malformed(&["", parts[1], parts[2]].join("."));
    assert_malformed(&[parts[0], "", parts[2]].join("."));
}

#[test]
fn only_base64url_without_padding_is_read() {
    let header = base64url(br#"{"alg":"ES256"}"#);
    for (claims, signature) in [
        ("e30=", "c2ln"),
        ("e30", "c2k="),
        ("e30", "c2k=="),
        ("eyLDv8O_Ijp7fX0+", "c2ln"),
        ("e30", "+/+/"),
        (" e30", "c2ln"),
        ("e30", "c2ln\n"),
        ("e3\r\n0", "c2ln"),
        ("e3%30", "c2ln"),
        ("e30\u{e9}", "c2ln"),
        ("e30", "c2lnc"),
        ("e31", "c2ln"),
    ] {
        assert_malformed(&[header.as_str(), claims, signature].join("."));
    }
    for text in
        [["Bearer ", &token(br#"{"alg":"ES256"}"#, b"{}")].concat(), ["\"", &token(b"{}", b"{}"), "\""].concat()]
    {
        assert_malformed(&text);
    }
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    let deep_object = [r#"{"a":"#.repeat(100_000), "}".repeat(100_000)].concat();
    let good = br#"{"alg":"ES256"}"#;
    for bad in [
        &b"{"[..],
        b"{}x",
        b"[]",
        b"null",
        b"7",
        br#""text""#,
        b"{'sub':'a'}",
        br#"{"a":1,}"#,
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b"{\"a\":\"\xc3\x28\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
        br#"{"a":"\ud800"}"#,
        br#"{"exp":1e999}"#,
        b"{\"a\":\"\x01\"}",
        b"{}\0",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ] {
        assert_malformed(&token(bad, b"{}"));
        assert_malformed(&token(good, bad));
    }
}

#[test]
fn a_header_without_algorithm_or_with_wrong_types_is_malformed() {
    for header in [
        r"{}",
        r#"{"alg":null}"#,
        r#"{"alg":7}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"Alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":"ES256","typ":{}}"#,
        r#"["ES256"]"#,
    ] {
        assert_malformed(&token(header.as_bytes(), b"{}"));
    }
}

#[test]
fn a_header_is_read_as_jwt_compact_reads_it() {
    let thumbprint = base64url(&[7; 20]);
    for header in [
        r#"{"alg":"ES256","kid":null,"typ":null,"cty":null}"#,
        r#"{"alg":"ES256","cty":"JSON","jku":"https://as.test","x5u":"","x5c":["a"],"jwk":{"kid":7}}"#,
        r#"{"alg":"ES256","cty":"JWT"}"#,
        r#"{"alg":"ES256","cty":["json"]}"#,
        r#"{"alg":"ES256","jku":7}"#,
        r#"{"alg":"ES256","x5u":{}}"#,
        r#"{"alg":"ES256","\u0061lg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"{[:\"a\\","x":[{"y":":"},"}"]}"#,
        &["{\"alg\":\"ES256\",\"x5t\":\"", &thumbprint, "\"}"].concat(),
    ] {
        let text = token(header.as_bytes(), b"{}");
        let theirs = jwt_compact::UntrustedToken::new(&text);
        let ours = decode(&text);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{header}");
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert_eq!(ours.header.algorithm, theirs.algorithm());
            assert_eq!(
                (ours.header.key_id, ours.header.typ),
                (theirs.header().key_id.clone(), theirs.header().token_type.clone())
            );
            assert_eq!(ours.signature, theirs.signature_bytes());
        }
    }
}

#[test]
fn thumbprints_are_not_looked_at() {
    for header in [r#"{"alg":"ES256","x5t":"aGk"}"#, r#"{"alg":"ES256","x5t#S256":7}"#] {
        assert!(decode(&token(header.as_bytes(), b"{}")).is_ok(), "{header}");
    }
}

#[test]
fn no_damage_to_a_token_panics() {
    let whole = token(br#"{"alg":"ES256","kid":"a"}"#, br#"{"sub":"a","exp":1e3}"#);
    for (at, _) in whole.char_indices() {
        let (before, after) = whole.split_at(at);
        let after = after.get(1..).unwrap_or_default();
        let _ = decode(before);
        for byte in ["", ".", "=", "A", "-", " ", "\u{e9}", "\0"] {
            let _ = decode(&[before, byte, after].concat());
        }
    }
}

#[test]
fn encrypted_tokens_are_explained() {
    let error = decode("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d").expect_err("five parts");
    assert!(error.message().contains("encrypted"), "{error}");
}

#[test]
fn debug_shows_no_claims_and_no_signature() {
    let text = token(br#"{"alg":"ES256"}"#, br#"{"sub":"alice"}"#);
    let shown = format!("{:?}", decode(&text).expect("a token"));
    assert!(!shown.contains("alice") && !shown.contains("c2ln"), "{shown}");
}
