//! What the package is made of: its modules, and what of each is loaded when.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Result, While};
use crate::split::{self, Chunk};
use crate::workspace;

/// One of the modules that `index.js` chooses from, each compiled by itself: a page loads those that it uses, and no other.
pub(crate) struct Part {
    /// Its glue is `NAME.js`, the module itself `NAME_bg.wasm`.
    pub(crate) name: &'static str,
    /// Of the crate, in the place of its default.
    pub(crate) features: &'static str,
    /// What `index.js` uses of the glue.
    pub(crate) exports: &'static str,
    /// The scripts of `src/js` that are in the glue, with their names.
    pub(crate) scripts: &'static [(&'static str, &'static str)],
    /// What is cut off from the module, to be loaded behind it.
    pub(crate) chunks: &'static [Chunk],
}

const ERRORS: (&str, &str) = ("error.js", include_str!("../../src/js/error.js"));

pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "core",
        features: "js",
        exports: "export { verifyJwt, load } from './core.js'; export { provide } from './parts.js'; \
                  export { complete } from './complete.js'; export { decodeJwt } from './decode.js';",
        scripts: &[
            ("parts.js", include_str!("../../src/js/parts.js")),
            ("complete.js", include_str!("../../src/js/complete.js")),
            ("short.js", include_str!("../../src/js/short.js")),
            ("decode.js", include_str!("../../src/js/decode.js")),
            ERRORS,
        ],
        chunks: CHUNKS,
    },
    Part {
        name: "credentials",
        features: "credentials",
        exports: "export { default, decodeJwt } from './credentials.js'; export { make } from './clients.js'; \
                  export { provideAuthError } from './error.js';",
        scripts: &[("clients.js", include_str!("../../src/js/clients.js")), ERRORS],
        chunks: &[],
    },
];

/// What a page loads behind the core, each when something of it is first needed: `Part` of `src/client/platform.rs`. A flow that
/// is added here is begun by `later` there, and stands in a box.
const CHUNKS: &[Chunk] = &[FLOWS, MORE];

const FLOWS: Chunk = Chunk {
    name: "flows",
    gates: &[
        ("js::Core", "sign_in"),
        ("js::Core", "handle_redirect"),
        ("client::sign_out", "end_everywhere"),
        // A redirect that the page has come back from.
        ("client::redirect", "find_callback"),
        ("client::redirect", "finish_redirect_here"),
        // A session that is not good, or that others have changed.
        ("client::renewal", "renew_for_all"),
        ("client::renewal", "end_unless_clock_is_wrong"),
        ("client::attach", "answer_refusal"),
        ("client::stored", "adopt_stored"),
        ("client::stored", "drop_stored"),
        ("client::tabs", "heed"),
    ],
};

const MORE: Chunk = Chunk {
    name: "more",
    gates: &[
        // A sign-in beside the page.
        ("client::window", "sign_in_beside"),
        ("client::window", "hand_to_another"),
        ("client::window", "pass_answer_on"),
        ("client::answer", "remove_those_that_are_old"),
        // Tokens that are bound to a key.
        ("client::proof", "bind_key"),
        ("client::proof", "send_with_proof"),
        ("client::proof", "send_bound_call"),
        // What an API asks for.
        ("client::proof", "note_missing_scope"),
        ("client::step_up", "step_up"),
        // Ways to ask the server.
        ("client::par", "push"),
        ("client::register", "register"),
        // Options that few applications give.
        ("js::options", "rare"),
        ("client::options", "settle_rare"),
        ("client::resource", "settle_introduction"),
        // Sessions that end by themselves.
        ("client::idle", "watch_user"),
        ("client::check_session", "look_again_and_again"),
        ("client::check_session", "note_session_state"),
        ("client::frontchannel", "look_whether_told"),
        ("client::signed_out", "finish_sign_out"),
        // Methods that few applications call.
        ("js::Core", "user_info"),
        ("js::Core", "revoke"),
        ("js::jwt", "verify"),
    ],
};

impl Part {
    pub(crate) fn glue(&self) -> String {
        [self.name, ".js"].concat()
    }

    pub(crate) fn module(&self) -> String {
        [self.name, "_bg.wasm"].concat()
    }

    /// The module's name, and those of what is loaded behind it.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.chunks.iter().map(|chunk| chunk.name))
    }

    /// What its flows cost that are loaded behind it, as parts of the whole.
    pub(crate) fn costs(&self) -> Result<Vec<(String, f64)>> {
        if self.chunks.is_empty() {
            return Ok(Vec::new());
        }
        let compiled = self.scratch().with_extension("compiled.wasm");
        split::costs(&fs::read(&compiled).during("cannot read the compiled module")?, self.chunks)
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        workspace::scratch().join("package").join(self.name)
    }

    /// An optimised module with the names of its functions, for `size`.
    pub(crate) fn named_module(&self, module: &str) -> PathBuf {
        self.scratch().join([module, ".named.wasm"].concat())
    }
}

pub(crate) fn module_file(module: &str) -> String {
    [module, "_bg.wasm"].concat()
}
