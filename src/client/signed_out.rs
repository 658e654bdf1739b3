//! The way back from the server's sign-out page: OpenID Connect RP-Initiated Logout 1.0 §3.

use super::platform::StorageKind;
use super::{Inner, Level, Platform};
use crate::encoding::{concat, join, parse_form, parts};
use crate::error::{Error, ErrorCode};

/// Begins the state of a sign-out, so that no page takes its own `state` for one.
const MARK: &str = "signed-out.";
/// Where this tab keeps the state of the last one: of several clients any can be the first that sees it come back.
const LEFT: &str = "tessera-signed-out";

/// Whether the page's address may have the state of a sign-out.
pub(super) fn is_in(page: Option<&str>) -> bool {
    page.is_some_and(|page| parts(page, &['?', '&', '=']).any(|part| part.starts_with(MARK)))
}

impl<P: Platform> Inner<P> {
    /// What is to come back with the user, if he comes back.
    pub(super) async fn sign_out_state(&self, return_to: Option<&str>) -> Option<String> {
        return_to?;
        let state = concat(&[MARK, &self.random_id().ok()?]);
        let _ = self.platform.write(StorageKind::Session, LEFT, &state.as_str().into()).await;
        Some(state)
    }

    /// Takes the state of a sign-out out of the page's address, and compares it.
    pub(super) async fn finish_sign_out(&self, page: Option<&str>) {
        let Some(page) = page.and_then(|page| P::parse_url(page, None)) else { return };
        let query = page.query.trim_start_matches('?');
        let is_state = |(name, value): &(String, String)| name == "state" && value.starts_with(MARK);
        let Some((_, state)) = parse_form(query).into_iter().find(is_state) else { return };
        let rest: Vec<&str> = parts(query, &['&']).filter(|part| !parse_form(part).iter().any(is_state)).collect();
        let mark = if rest.is_empty() { "" } else { "?" };
        self.platform.replace_url(&concat(&[&page.without_query(), mark, &join(&rest, "&"), &page.fragment]));
        let left = self.platform.read(StorageKind::Session, LEFT).await.ok().flatten();
        let _ = self.platform.remove(StorageKind::Session, LEFT).await;
        if left.is_some_and(|left| left.expose() == state) {
            self.log(Level::Info, "the server has ended its session", None);
        } else {
            let problem = "this tab has not sent the user to a page that signs him out";
            self.failed(Error::new(ErrorCode::StateMismatch, problem));
        }
    }
}
