//! A page that sends its user to the server, gets him back and sends him off again.

use super::platform::StorageKind;
use super::record::Fields;
use super::{Inner, Platform};
use crate::encoding::{Form, concat};
use crate::error::{Error, ErrorCode, Result};
use crate::time::UnixTime;

const KEY: &str = "unasked";
/// No third sign-in that no user asked for begins in a tab within so many seconds.
const WITHIN: i64 = 60;
const THIRD: &str =
    "signIn was called for the third time within a minute without the user, and the last sign-in ended with ";

impl<P: Platform> Inner<P> {
    /// Notes a sign-in that begins. One on a page that nobody has touched is the page's own idea.
    ///
    /// # Errors
    /// `authorization_failed` for the third such sign-in within a minute: the next would end like those.
    pub(super) async fn break_loop(&self) -> Result<()> {
        if self.platform.has_user_acted() {
            return Ok(());
        }
        let now = UnixTime::from_millis(self.platform.wall_ms());
        let stored = self.note(StorageKind::Session, KEY).await;
        let begun = stored.as_ref().map(Fields::parse);
        let begun = |name| begun.as_ref().and_then(|begun| begun.number(name));
        let last_but_one = begun("last_but_one").map(|time| now.seconds_since(UnixTime(time)));
        if last_but_one.is_some_and(|ago| (0..WITHIN).contains(&ago)) {
            let ended = self.error.borrow().as_ref().map_or("a session", |error| error.code().as_str());
            return Err(Error::new(ErrorCode::AuthorizationFailed, concat(&[THIRD, ended])));
        }
        let mut fields = Form::new();
        fields.add_number("last_but_one", begun("last"));
        fields.add_number("last", now.0);
        // Where nothing can be kept, there is nothing to come back to either.
        self.take_note(StorageKind::Session, KEY, &fields.into()).await;
        Ok(())
    }

    /// Whoever signs out begins anew.
    pub(super) async fn forget_loop(&self) {
        self.drop_note(StorageKind::Session, KEY).await;
    }
}
