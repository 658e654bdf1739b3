//! Random bytes: `crypto.getRandomValues`.

use super::Browser;
use crate::client::platform::Random;
use crate::error::{Error, ErrorCode, Result};

impl Random for Browser {
    fn random<const N: usize>(&self) -> Result<[u8; N]> {
        random()
    }
}

pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Error::new(ErrorCode::Unsupported, "this environment has no crypto.getRandomValues")),
    }
}
