//! The platform on web APIs.
