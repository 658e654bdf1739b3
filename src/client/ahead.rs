//! What a page can do before its client is made: show the session that is stored, and send calls with its token, once a page before has
//! found that its options are good. The npm package does so (`pkg-template/ahead.js`) before its module is there.

use super::part::boxed;
use super::platform::{Failure, StorageKind};
use super::record::Record;
use super::renewal::another_user;
use super::stored::{ENDED, SESSION};
use super::{Client, Platform};
use crate::secret::Secret;

/// What of a client the next page needs to know for that. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ahead {
    /// A record of another is none of this client's.
    pub(crate) owner: String,
    /// Where the session is stored.
    pub(crate) session: String,
    /// Where the families are noted of which none is to be taken over.
    pub(crate) ended: String,
    /// The audience that the session's own token must be for, if there is one.
    pub(crate) audience: Option<String>,
    /// The server's clock minus this machine's, in milliseconds.
    pub(crate) clock_offset: i64,
}

impl<P: Platform> Client<P> {
    /// `None`: a page with these options has more to do than to read what is stored.
    pub(crate) fn ahead(&self) -> Option<Ahead> {
        let inner = &self.0;
        let (config, options) = (&inner.config, &inner.kind.options);
        let has_more_to_do = config.idle_timeout.is_some() || options.frontchannel_logout || options.resource.is_some();
        if has_more_to_do || config.audiences().len() > 1 || inner.store.kind() != StorageKind::IndexedDb {
            return None;
        }
        Some(Ahead {
            owner: config.owner.clone(),
            session: inner.store.scoped(SESSION),
            ended: inner.store.scoped(ENDED),
            audience: config.audience().map(str::to_owned),
            clock_offset: inner.clock.offset_ms(&inner.platform),
        })
    }

    /// Goes on with a call that was answered before the client was made. It was sent with the session that was `stored` like this.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); `login_required` if another user has signed in since.
    pub(crate) async fn go_on(
        &self,
        call: P::Call,
        stored: &Secret,
        answer: P::Answer,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        let inner = &self.0;
        let begun = Record::decode(stored, &inner.config.owner).ok_or_else(another_user)?;
        let Some(record) = inner.record_for(&inner.audience_of(&call)?) else { return Ok(answer) };
        if !record.is_same_user(&begun) {
            return Err(another_user().into());
        }
        if inner.platform.status(&answer) == 401 && record.access_token != begun.access_token {
            // There is a better one by now; who does not take that either is not asked a third time.
            return boxed(inner.send_with_credential(&call, &record)).await;
        }
        inner.heed_answer(&call, &record, answer).await
    }
}
