//! The UserInfo endpoint: OpenID Connect Core 1.0 §5.3.

use super::record::Record;
use super::{Client, Inner, Platform, login_required};
use crate::error::Result;
use crate::http::HttpResponse;
use crate::oauth::metadata::Metadata;
use crate::oauth::userinfo::{process_userinfo_response, userinfo_request};
use std::rc::Rc;

impl<P: Platform> Client<P> {
    /// What the server knows about the user now. Its `sub` is that of the session.
    ///
    /// # Errors
    /// `login_required` if nobody is signed in; `claim_invalid` if the answer is about somebody else; `unsupported` if the
    /// server has no such endpoint or answers with a JWT; what the request says.
    pub async fn user_info(&self) -> Result<P::Json> {
        let inner = &self.0;
        inner.check_open()?;
        let metadata = inner.metadata().await?;
        let record = inner.record().ok_or_else(|| login_required("nobody is signed in"))?;
        let record = inner.good_for(record, 0).await?;
        let mut answer = inner.ask_for_user(&metadata, &record).await?;
        // As after a call's 401: the same user's next token, and not another for each question.
        if answer.status == 401 && inner.renew_refused(&record).await? {
            let renewed = inner.record().filter(|renewed| renewed.is_same_user(&record));
            let renewed = renewed.ok_or_else(|| login_required("the user signed out meanwhile"))?;
            answer = inner.ask_for_user(&metadata, &renewed).await?;
            if answer.status != 401 {
                inner.audiences.convince(&record.audience, f64::NEG_INFINITY);
            }
        }
        process_userinfo_response(&answer, record.subject.as_deref())
    }
}

impl<P: Platform> Inner<P> {
    async fn ask_for_user(self: &Rc<Self>, metadata: &Metadata, record: &Record) -> Result<HttpResponse> {
        let token = &record.access_token;
        let request = userinfo_request(metadata, record.key_type(), token)?;
        let answer = self.send_proven(request, record.key.as_deref(), Some(token), self.config.timeout_ms).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Err(self.end_if_key_is_gone(record, error).await),
        };
        Ok(answer.without(token))
    }
}
