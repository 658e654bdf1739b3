//! What a page can do without its client: before that is made, show the session that is stored, and send calls with its token, once a page
//! before has found that its options are good; later, send calls with a token that is at hand. The npm package does so
//! (`pkg-template/ahead.js`, `src/js/short.js`) with scripts, which need no way into the module and back.

use super::attach::MARGIN;
use super::audience::Audience;
use super::platform::{Failure, StorageKind};
use super::record::Record;
use super::renewal::another_user;
use super::stored::{ENDED, SESSION};
use super::{Client, Platform};
use crate::secret::Secret;
use std::rc::Rc;

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

/// A credential, and the session that it is of.
#[derive(Debug)]
pub(crate) struct AtHand {
    /// As a call carries it. Each change of the session makes one of its own.
    pub(crate) credential: Rc<Secret>,
    record: Rc<Record>,
}

impl AtHand {
    /// The token, and the session's family and subject, as [`Sent`] has them.
    pub(crate) fn of(&self) -> (&Secret, &str, Option<&str>) {
        let Record { access_token, family, subject, .. } = &*self.record;
        (access_token, family, subject.as_deref())
    }
}

/// In whose name a call was sent, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) family: String,
    pub(crate) subject: Option<String>,
    pub(crate) access_token: Secret,
}

impl<P: Platform> Client<P> {
    /// What the addresses begin with that may have a credential, a space behind each.
    pub(crate) fn places(&self) -> String {
        let mut places = String::new();
        for resource in &self.0.config.resources {
            places.push_str(&resource.prefix());
            places.push(' ');
        }
        places
    }

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

    /// What a call may be sent with at once. `None`: there is more to be decided than whether its URL may have it.
    pub(crate) fn at_hand(&self) -> Option<AtHand> {
        let inner = &self.0;
        let (record, credential) = inner.credential_for(&Audience::default())?;
        let mut audiences = inner.config.resources.iter().filter_map(|resource| resource.audience.as_deref());
        let is_plain = record.key.is_none() && audiences.all(|audience| record.is_for(audience));
        let is_ready = is_plain && inner.check_open().is_ok() && record.is_good_for(MARGIN, inner.now());
        is_ready.then_some(AtHand { credential, record })
    }

    /// Goes on with a call that was sent and answered without the client, but with a session of its own.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); `login_required` if another user has signed in since.
    pub(crate) async fn go_on(
        &self,
        call: P::Call,
        sent: Sent,
        answer: P::Answer,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        let inner = &self.0;
        let Sent { family, subject, access_token } = sent;
        if inner.record().is_some_and(|record| !record.is_of(&family, subject.as_deref())) {
            return Err(another_user().into());
        }
        if inner.check_open().is_err() {
            return Ok(answer);
        }
        let Some(record) = inner.record_for(&inner.audience_of(&call)?) else { return Ok(answer) };
        let begun = Rc::new(Record { family, subject, access_token, ..Record::clone(&record) });
        inner.heed_answer(&call, &begun, answer).await
    }
}
