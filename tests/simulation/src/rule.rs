//! What must hold after every step of every life.

use std::fmt;

/// A rule that is never broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    OneRefresh,
    NoRepeat,
    OneAtATime,
    FewTries,
    NotDropped,
    StaysEnded,
    EndedIsDropped,
    Answered,
    SentTwice,
    OwnUser,
    TabsAgree,
    OnlyToResources,
    AsNeeded,
    KeptApart,
    UsedStays,
    IdleEnds,
    Warned,
    NoLeak,
    SmallStore,
    NoPanic,
}

impl Rule {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OneRefresh => "no two refreshes of one family of tokens are in flight",
            Self::NoRepeat => "no refresh token is presented twice unless its answer was lost",
            Self::OneAtATime => "a client has one discovery, one JWKS and one token request at a time",
            Self::FewTries => "at most six tries in the first minute of an outage, in all tabs together",
            Self::NotDropped => "a session that the server honours is not dropped",
            Self::StaysEnded => "a session that the user has left does not come back",
            Self::EndedIsDropped => "a session that the server has ended is dropped within one call",
            Self::Answered => "without faults every call is answered within a few requests",
            Self::SentTwice => "a call is sent at most twice",
            Self::OwnUser => "no call is answered with another user's token",
            Self::TabsAgree => "all tabs agree within one broadcast or one read",
            Self::OnlyToResources => "no token is sent outside its resources",
            Self::AsNeeded => "no API's token is asked for before somebody calls it",
            Self::KeptApart => "renewing one API's token loses no other",
            Self::UsedStays => "a session that somebody uses does not end for idleness",
            Self::IdleEnds => "a session that nobody uses ends in time, in every tab",
            Self::Warned => "a user who is signed out for idleness was warned a minute before, and nobody else is",
            Self::NoLeak => "no secret is in a message, an error, an event or an address",
            Self::SmallStore => "what is stored stays small",
            Self::NoPanic => "nothing panics, goes in circles or waits forever",
        }
    }
}

/// A rule that was broken, and how.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name(), self.detail)
    }
}
