//! Names and values as the body of a request.

use crate::encoding::Form;
use crate::http::HttpRequest;
use crate::json::push_text;
use crate::secret::Secret;

/// How a server wants what is posted to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

impl Encoding {
    /// A POST of these fields.
    pub(super) fn post<'a>(self, url: &str, fields: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> HttpRequest {
        match self {
            Self::Json => HttpRequest::post(url, "application/json", json_object(fields)),
            Self::Form => {
                let mut form = Form::new();
                for (name, value) in fields {
                    form.add(name, value.expose());
                }
                HttpRequest::post_form(url, form.into())
            }
        }
    }
}

/// An object of texts as JSON (RFC 8259 §7).
#[must_use]
pub fn json_object<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Secret {
    let mut json = String::from("{");
    for (name, value) in fields {
        if json.len() > 1 {
            json.push(',');
        }
        push_text(&mut json, name);
        json.push(':');
        push_text(&mut json, value.expose());
    }
    json.push('}');
    json.into()
}
