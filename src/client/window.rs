//! A sign-in beside the page: in a window of its own, or in a frame that nobody sees (OpenID Connect Core 1.0 §3.1.2.1,
//! `prompt=none`).
//!
//! The page that begins is the one that finishes: the verifier never leaves it. The page that the server's answer comes to puts
//! it where both can read it, says on a channel named by the state that it is there, and is done. The code is worth nothing
//! without the verifier, and no message holds it. Neither needs the other's window: a Cross-Origin-Opener-Policy of any page on the way
//! changes nothing. Where nobody takes the answer, because the page that began is gone, the window finishes the sign-in itself.

use super::answer::answer_channel;
use super::flight::within;
use super::part::boxed;
use super::platform::Part;
use super::sign_in::PENDING;
use super::{Client, Inner, Level, Platform, Session, SignInMode, SignInOptions, login_required};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::callback::Callback;
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

/// What the state of such a sign-in begins with: the page that the answer comes to may share no storage with the one that began.
const MARK: &str = "beside.";
/// The answer is there.
const HERE: &str = "here";
/// I have it.
const TAKEN: &str = "taken";
/// How often the page looks at what it hears nothing of.
const LOOK_MS: u32 = 500;
/// How often it must look as if the user had closed the window. His answer may still be on its way.
const LOOKS: u32 = 3;
/// How long an answer waits for the page that began.
const TAKING_MS: u32 = 1_500;
/// A window that is still there after this long is one that the browser does not let the page close.
const CLOSING_MS: u32 = 1_000;
/// Milliseconds: as long as the sign-in is kept.
const LONGEST_MS: f64 = 3_600_000.0;

/// Whether this answers a sign-in that was begun beside the page that began it.
pub(super) fn is_for_another(callback: &Callback) -> bool {
    callback.state.starts_with(MARK)
}

impl<P: Platform> Client<P> {
    /// Sends the user to the server to sign in. By default the page is left, so that this ends only when it fails. For
    /// [`SignInMode::Popup`] the window opens now, and not when the future is first polled: browsers open it for a click only.
    ///
    /// # Errors
    /// `invalid_option` for a `return_to` of another origin; `unsupported` for a mode or a parameter that cannot work here;
    /// what discovery says; `storage_unavailable` if nothing can be kept for the way back. Of a popup `popup_blocked` and
    /// `popup_closed`, of silence `login_required` and `timeout`, of both whatever [`handle_redirect`](Self::handle_redirect) says.
    pub fn sign_in(&self, options: SignInOptions) -> impl Future<Output = Result<Rc<Session>>> + use<P> {
        let is_popup = options.mode == SignInMode::Popup;
        let window = if is_popup { self.0.platform.open_window() } else { None };
        self.sign_in_within(options, window)
    }

    /// [`sign_in`](Self::sign_in) in a window that is open already, for a popup.
    ///
    /// # Errors
    /// As [`sign_in`](Self::sign_in).
    pub fn sign_in_within(
        &self,
        options: SignInOptions,
        window: Option<P::Opened>,
    ) -> impl Future<Output = Result<Rc<Session>>> + use<P> {
        let inner = Rc::clone(&self.0);
        async move { inner.sign_in(options, window).await }
    }
}

impl<P: Platform> Inner<P> {
    /// Signs in by whatever mode. A popup has its window already.
    pub(super) async fn sign_in(
        self: &Rc<Self>,
        options: SignInOptions,
        window: Option<P::Opened>,
    ) -> Result<Rc<Session>> {
        self.check_open()?;
        if options.mode == SignInMode::Redirect {
            self.go_to_sign_in(options).await?;
            return pending().await;
        }
        self.platform.part(Part::More).await.map_err(|error| self.failed(error))?;
        boxed(self.sign_in_beside(options, window)).await
    }

    async fn sign_in_beside(self: &Rc<Self>, options: SignInOptions, window: Option<P::Opened>) -> Result<Rc<Session>> {
        let is_silent = options.mode == SignInMode::Silent;
        let callback = match is_silent {
            true => self.ask_in_frame(options).await,
            false => self.ask_in_window(options, window).await,
        };
        let callback = callback.map_err(|error| self.failed(error))?;
        if !is_silent {
            // He has been at the server's page, however long that took.
            boxed(self.touched()).await;
        }
        // A user who has signed out and then signs in there means it. What nobody saw is over with what it was for.
        self.has_left.set(self.has_left.get() && is_silent);
        let outcome = self.finish_redirect(callback).await;
        let is_refused = matches!(&outcome, Err(error) if error.code() == ErrorCode::LoginRequired);
        self.kind.is_unknown_in_frames.set(is_silent && is_refused);
        outcome?;
        self.session().ok_or_else(|| login_required("the session ended while it began"))
    }

    async fn ask_in_window(self: &Rc<Self>, options: SignInOptions, window: Option<P::Opened>) -> Result<Callback> {
        let Some(window) = window else {
            return Err(Error::new(ErrorCode::PopupBlocked, "the browser did not open a window"));
        };
        let begun = self.begin_sign_in(options, MARK).await?;
        let asked = self.ask(window, &begun.url, begun.state);
        let mut closed = 0;
        asked
            .answer(|window, waited| {
                // Of a page that has cut itself off nobody knows more than that the user is still there, and not here.
                let seems_closed = self.platform.is_window_closed(window) && self.platform.has_focus();
                closed = if seems_closed { closed + 1 } else { 0 };
                if closed >= LOOKS {
                    return Err(Error::new(ErrorCode::PopupClosed, "the user closed the window"));
                }
                if waited > LONGEST_MS { Err(late("nobody signed in within an hour")) } else { Ok(()) }
            })
            .await
    }

    pub(super) async fn ask_in_frame(self: &Rc<Self>, mut options: SignInOptions) -> Result<Callback> {
        if options.prompt.as_deref().is_some_and(|prompt| prompt != "none") {
            let problem = "prompt is none when mode is silent: leave it out";
            return Err(Error::new(ErrorCode::InvalidOption, problem));
        }
        options.prompt = Some("none".to_owned());
        self.has_left.set(false);
        let metadata = self.metadata().await?;
        match self.platform.has_cookies_in_frame(metadata.authorization_endpoint()?) {
            Some(true) => {}
            None if !self.kind.is_unknown_in_frames.get() => {}
            _ => return Err(login_required("this browser keeps the server's cookies from a frame in this page")),
        }
        let Some(frame) = self.platform.open_frame() else {
            return Err(Error::new(ErrorCode::Unsupported, "there is no page here that could have a frame"));
        };
        let begun = self.begin_sign_in(options, MARK).await?;
        let longest = f64::from(self.config.timeout_ms);
        let asked = self.ask(frame, &begun.url, begun.state);
        asked.answer(|_, waited| if waited > longest { Err(late("the frame did not answer")) } else { Ok(()) }).await
    }

    /// Sends a window or a frame to the server.
    fn ask(self: &Rc<Self>, window: P::Opened, url: &str, state: String) -> Asked<P> {
        let heard = Rc::<Heard>::default();
        let channel = answer_channel(&state);
        let hearing = Rc::clone(&heard);
        let listener = self.platform.listen(
            &channel,
            Box::new(move |message| {
                if message == HERE {
                    hearing.set()
                }
            }),
        );
        self.platform.send_window(&window, url);
        Asked { inner: Rc::clone(self), window, state, channel, heard, listener, is_open: Cell::new(true) }
    }

    /// Hands an answer that is for another page to that page. Gives it back if it is this page's own after all.
    pub(super) async fn hand_over(&self, callback: Option<Callback>, url: &str) -> Option<Callback> {
        let callback = callback?;
        if !is_for_another(&callback) || self.platform.part(Part::More).await.is_err() {
            return Some(callback);
        }
        boxed(self.hand_to_another(callback, url)).await
    }

    async fn hand_to_another(&self, callback: Callback, url: &str) -> Option<Callback> {
        if !self.put_answer(&callback.state, url).await {
            return Some(callback);
        }
        let channel = answer_channel(&callback.state);
        let taken = Rc::<Heard>::default();
        let hearing = Rc::clone(&taken);
        let _listener = self.platform.listen(
            &channel,
            Box::new(move |message| {
                if message == TAKEN {
                    hearing.set()
                }
            }),
        );
        self.platform.post(&channel, HERE);
        if within(&self.platform, TAKING_MS, taken.wait()).await.is_some() {
            self.leave_window().await;
            return None;
        }
        let own = self.take_answer(&callback.state).await;
        match own {
            Some(_) => self.log(Level::Info, "the page that began this sign-in is gone: it is finished here", None),
            // It was taken all the same.
            None => self.leave_window().await,
        }
        own
    }

    /// Closes the window that was opened for a sign-in. Ends where the browser does not allow that.
    pub(super) async fn leave_window(&self) {
        self.platform.close_page();
        self.platform.sleep(CLOSING_MS).await;
    }

    /// In a frame that a page made there is no client: it passes its answer on, if it has one, and waits until it is removed.
    pub(super) async fn answer_from_frame(&self, page: Option<&str>) -> Result<()> {
        if self.platform.is_in_frame() {
            self.later(Part::More, || boxed(self.pass_answer_on(page))).await?;
        }
        Ok(())
    }

    async fn pass_answer_on(&self, page: Option<&str>) -> Result<()> {
        let page = page.and_then(|page| P::parse_url(page, None));
        // Whosever redirect URI this is: of several clients only the first comes to life here.
        let found = page.and_then(|page| Callback::find(&page).map(|callback| (page, callback)));
        if let Some((page, callback)) = found.filter(|(_, callback)| is_for_another(callback)) {
            self.platform.replace_url(&Callback::without_response(&page));
            self.put_answer(&callback.state, &page.href).await;
            self.platform.post(&answer_channel(&callback.state), HERE);
        }
        pending().await
    }
}

fn late(context: &'static str) -> Error {
    Error::new(ErrorCode::Timeout, context)
}

/// A window or a frame in which the server is asked. Closed when it is dropped, and the sign-in forgotten, unless it may yet be
/// finished.
struct Asked<P: Platform> {
    inner: Rc<Inner<P>>,
    window: P::Opened,
    state: String,
    channel: String,
    heard: Rc<Heard>,
    listener: Option<P::Listener>,
    /// Whether nobody may finish it any more but this page.
    is_open: Cell<bool>,
}

impl<P: Platform> Asked<P> {
    /// Waits for the answer, for as long as `look` finds no reason not to: it is given the window, and the milliseconds that have
    /// passed.
    async fn answer(self, mut look: impl FnMut(&P::Opened, f64) -> Result<()>) -> Result<Callback> {
        let inner = &self.inner;
        let began = inner.platform.monotonic_ms();
        loop {
            let is_heard = within(&inner.platform, LOOK_MS, self.heard.wait()).await.is_some();
            // Before the look: what is said during it is about what it may have missed.
            self.heard.is_set.set(false);
            if (is_heard || self.listener.is_none())
                && let Some(callback) = inner.take_answer(&self.state).await
            {
                inner.platform.post(&self.channel, TAKEN);
                self.is_open.set(false);
                return Ok(callback);
            }
            if let Err(error) = look(&self.window, inner.platform.monotonic_ms() - began) {
                // A window that only looked closed may finish by itself.
                self.is_open.set(error.code() != ErrorCode::PopupClosed);
                return Err(error);
            }
        }
    }
}

impl<P: Platform> Drop for Asked<P> {
    fn drop(&mut self) {
        if self.is_open.get() {
            let (inner, state) = (Rc::clone(&self.inner), std::mem::take(&mut self.state));
            self.inner.platform.spawn(async move {
                inner.remove_pending(&[PENDING, &state].concat()).await;
                inner.take_answer(&state).await;
            });
        }
    }
}

/// Set by a listener, waited for by one task.
#[derive(Default)]
struct Heard {
    is_set: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Heard {
    fn set(&self) {
        self.is_set.set(true);
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|context| {
            if self.is_set.get() {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
