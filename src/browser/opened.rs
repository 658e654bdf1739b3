//! Windows and frames that a page opens.

use super::{Browser, web};
use crate::client::platform::Windows;
use wasm_bindgen::JsValue;

/// A window, or the element of a frame. Closed when it is dropped.
#[derive(Debug)]
pub struct OpenedWindow(JsValue);

impl OpenedWindow {
    /// What `open` has given; `None` if that was nothing.
    #[must_use]
    pub fn new(opened: JsValue) -> Option<Self> {
        opened.is_object().then_some(Self(opened))
    }
}

impl Drop for OpenedWindow {
    fn drop(&mut self) {
        let _ = web::dismiss(&self.0);
    }
}

impl Windows for Browser {
    type Opened = OpenedWindow;

    fn open_window(&self) -> Option<OpenedWindow> {
        OpenedWindow::new(web::open_window().ok()?)
    }

    fn open_frame(&self) -> Option<OpenedWindow> {
        OpenedWindow::new(web::open_frame().ok()?)
    }

    fn send_window(&self, opened: &OpenedWindow, url: &str) {
        let _ = web::send_to(&opened.0, url);
    }

    async fn ask_frame(&self, frame: &OpenedWindow, message: &str, origin: &str, ms: u32) -> Option<String> {
        web::settled(web::ask_frame(&frame.0, message, origin, ms)).await.ok()?.as_string()
    }

    fn is_window_closed(&self, opened: &OpenedWindow) -> bool {
        web::is_closed(&opened.0).unwrap_or(true)
    }

    fn has_focus(&self) -> bool {
        web::has_focus().unwrap_or_default()
    }

    fn is_in_frame(&self) -> bool {
        web::is_in_frame().unwrap_or_default()
    }

    fn close_page(&self) {
        let _ = web::close_page();
    }

    fn has_cookies_in_frame(&self, url: &str) -> Option<bool> {
        web::has_cookies_in_frame(url).ok()?.as_bool()
    }
}
