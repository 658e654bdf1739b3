//! The page that the server loads when the user signs out there (OpenID Connect Front-Channel Logout 1.0).

use super::{Inner, Level, Platform, SignedOutReason};
use crate::json::Json;
use crate::oauth::frontchannel::FrontchannelLogout;
use std::rc::Rc;

impl<P: Platform> Inner<P> {
    /// Ends the session that the page's URL says is over, in all tabs. Of any other nothing is changed.
    pub(super) async fn end_if_told(self: &Rc<Self>, page: Option<&str>) {
        if !self.kind.options.frontchannel_logout {
            return;
        }
        let logout = page.and_then(|page| FrontchannelLogout::find(&P::parse_url(page, None)?));
        let claims = self.record().and_then(|record| P::Json::parse(record.claims.as_deref()?));
        match (logout, claims) {
            (Some(logout), Some(claims)) if logout.is_about(&claims) => {
                self.log(Level::Info, "the user has signed out at the server", None);
                self.end_session(SignedOutReason::Expired).await;
            }
            (None, _) => self.log(Level::Warn, "this page was not loaded with iss and sid, as a server does it", None),
            (Some(_), _) => {
                self.log(Level::Info, "the session that is over at the server is none of this browser's", None)
            }
        }
    }
}
