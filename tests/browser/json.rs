use crate::replace::Replaced;
use tessera_auth::browser::BrowserJson;
use tessera_auth::json::Json;
use wasm_bindgen_test::wasm_bindgen_test;

fn parse(text: &str) -> BrowserJson {
    BrowserJson::parse(text).expect(text)
}

#[wasm_bindgen_test]
fn values_are_read_as_what_they_are_and_nothing_else() {
    let json = parse(r#"{"s":"\u00e4","n":-1.5,"t":true,"f":false,"z":null,"a":[1,"x",null,["y"]],"o":{"p":"q"}}"#);
    assert!(json.is_object());
    assert_eq!(json.text("s").as_deref(), Some("\u{e4}"));
    assert_eq!(json.get("n").and_then(|n| n.as_f64()), Some(-1.5));
    assert_eq!(json.get("t").and_then(|t| t.as_bool()), Some(true));
    assert_eq!(json.get("f").and_then(|f| f.as_bool()), Some(false));
    assert!(json.get("z").is_none() && json.get("missing").is_none());
    assert_eq!(json.texts("a"), Some(vec!["x".to_owned()]));
    assert_eq!(json.get("a").and_then(|a| a.items()).map(|items| items.len()), Some(4));
    assert_eq!(json.get("o").and_then(|o| o.text("p")).as_deref(), Some("q"));
    for (name, is_text, is_number, is_truth, is_list, is_object) in [
        ("s", true, false, false, false, false),
        ("n", false, true, false, false, false),
        ("t", false, false, true, false, false),
        ("a", false, false, false, true, false),
        ("o", false, false, false, false, true),
    ] {
        let value = json.get(name).expect(name);
        let kinds = (
            value.as_str().is_some(),
            value.as_f64().is_some(),
            value.as_bool().is_some(),
            value.items().is_some(),
            value.is_object(),
        );
        assert_eq!(kinds, (is_text, is_number, is_truth, is_list, is_object), "{name}");
        assert!(value.get("length").is_none(), "{name}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_json_is_none() {
    for text in ["", "{", "nul", "<!doctype html>", "{'a':1}", "\u{feff}{}", "{\"a\":1}x"] {
        assert!(BrowserJson::parse(text).is_none(), "{text}");
    }
}

#[wasm_bindgen_test]
fn text_goes_there_and_back() {
    for text in [r#"{"a":[1,"\u0000",null,true,{}]}"#, "\"x\"", "null", "[]"] {
        assert_eq!(parse(text).to_text(), text);
    }
}

#[wasm_bindgen_test]
fn a_polluted_prototype_sends_nothing() {
    let _issuer = Replaced::with("Object.prototype.issuer", "{ value: 'https://evil.test', configurable: true }");
    let _endpoint = Replaced::with("Object.prototype.endpoint", "{ get() { throw 0 }, configurable: true }");
    assert!(parse("{}").get("issuer").is_none());
    assert!(parse("{}").get("endpoint").is_none());
    assert!(parse("{}").get("constructor").is_none() && parse("{}").get("__proto__").is_none());
    assert_eq!(parse(r#"{"issuer":"https://good.test"}"#).text("issuer").as_deref(), Some("https://good.test"));
    assert!(parse(r#"{"__proto__":{"sub":"evil"}}"#).get("sub").is_none());
}
