//! A life, told line by line: when, who, what. Secrets have short names that stay the same from line to line.

use crate::secret::Secrets;
use tessera_auth::client::Event;
use tessera_auth::error::Error;
use tessera_auth::http::HttpResponse;
use tessera_auth::testing::{Fault, Happening, PageId, Request};

/// Prints, or does nothing.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    is_on: bool,
    pub(crate) now: u64,
}

impl Trace {
    pub(crate) const fn new(is_on: bool) -> Self {
        Self { is_on, now: 0 }
    }

    pub(crate) fn line(&self, text: impl FnOnce() -> String) {
        if self.is_on {
            let (seconds, ms) = (self.now / 1_000, self.now % 1_000);
            let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            println!("{hours:02}:{minutes:02}:{seconds:02}.{ms:03}  {}", text());
        }
    }

    /// What the user, the machine or the network does.
    pub(crate) fn world(&self, text: impl FnOnce() -> String) {
        self.line(|| format!("·          {}", text()));
    }

    pub(crate) fn page(&self, page: PageId, text: impl FnOnce() -> String) {
        self.line(|| format!("tab {:<2} ({:>2}) {}", page.tab, page.page, text()));
    }

    pub(crate) fn event(&self, page: PageId, event: &Event) {
        self.page(page, || match event {
            Event::SignedIn(session) => format!("event signedin {}", session.subject.as_deref().unwrap_or("?")),
            Event::Refreshed(_) => "event refreshed".to_owned(),
            Event::SignedOut(reason) => format!("event signedout: {}", reason.as_str()),
            Event::RefreshError { error, .. } => format!("event refresherror: {}", error.code().as_str()),
            Event::Error(error) => format!("event error: {error}"),
            Event::Log { message, detail, .. } => {
                format!("log   {message}{}", detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())
            }
            other @ (Event::IdleWarning { .. } | Event::ErrorCleared | _) => format!("event {other:?}"),
        });
    }

    pub(crate) fn happening(&self, happening: &Happening<'_>, secrets: &Secrets) {
        if !self.is_on {
            return;
        }
        match *happening {
            Happening::Sent { page, number, request, fault } => {
                self.page(page, || format!("→ {number} {}{}", say_request(request, secrets), say_fault(fault)));
            }
            Happening::Answered { number, response, is_genuine, .. } => {
                let who = if is_genuine { "the server answers" } else { "something answers" };
                self.world(|| format!("{who} {number}: {}", say_response(response, secrets)));
            }
            Happening::Received { number, outcome } => self.world(|| match outcome {
                Ok(response) => format!("← {number} {}", response.status),
                Err(error) => format!("← {number} {}", say_error(error)),
            }),
            Happening::Abandoned { number } => self.world(|| format!("✕ {number} is not waited for any more")),
            Happening::Posted { page, channel, message } => {
                self.page(page, || format!("post  {} {}", last_word(channel), secrets.hide(message)));
            }
            Happening::Stored { page, kind, key, value } => self.page(page, || match value {
                Some(value) => format!("store {kind:?} {} = {}", last_word(key), shorten(&secrets.hide(value))),
                None => format!("store {kind:?} {} removed", last_word(key)),
            }),
            Happening::Locked { page, name } => self.page(page, || format!("lock  {}", last_word(name))),
            Happening::Unlocked { page, name } => self.page(page, || format!("free  {}", last_word(name))),
            Happening::Departed { page, url } => {
                self.page(page, || format!("leaves for {}", url.split('?').next().unwrap_or(url)));
            }
            _ => {}
        }
    }
}

/// Names in the store have the client's name before them.
fn last_word(key: &str) -> &str {
    key.rsplit(' ').next().unwrap_or(key)
}

fn say_request(request: &Request, secrets: &Secrets) -> String {
    let bearer = request
        .bearer()
        .or_else(|| request.credential("dpop"))
        .map(|token| format!(" as {}", secrets.hide(token)))
        .unwrap_or_default();
    let grant = request.parameter("grant_type").map(|grant| format!(" {grant}")).unwrap_or_default();
    let token = request.parameter("refresh_token").map(|token| format!(" {}", secrets.hide(&token)));
    let resource = request.parameter("resource").map(|resource| format!(" for {resource}")).unwrap_or_default();
    format!("{} {}{grant}{}{resource}{bearer}", request.method, request.url.path, token.unwrap_or_default())
}

fn say_fault(fault: Option<&Fault>) -> String {
    match fault {
        None => String::new(),
        Some(Fault::Answered(response)) => format!("   [something answers {}]", response.status),
        Some(fault) => format!("   [{fault:?}]"),
    }
}

fn say_response(response: &HttpResponse, secrets: &Secrets) -> String {
    format!("{} {}", response.status, shorten(&secrets.hide(response.body.expose())))
}

fn say_error(error: &Error) -> &'static str {
    error.code().as_str()
}

fn shorten(text: &str) -> String {
    const LENGTH: usize = 400;
    if text.chars().count() <= LENGTH { text.to_owned() } else { text.chars().take(LENGTH).chain(['…']).collect() }
}
