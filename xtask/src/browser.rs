//! The three browser engines: where they and their drivers are, and how Debian installs them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::Result;
use crate::process;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

/// A program that an engine needs: any of `names`, on the PATH or as a path of its own, which `package` of Debian brings.
#[derive(Debug)]
struct Part {
    names: &'static [&'static str],
    package: &'static str,
}

/// Chromium that only works without a screen. Tests that can use it take half of the time; none needs it.
const HEADLESS_CHROMIUM: Part = Part { names: &["chromium-headless-shell"], package: "chromium-headless-shell" };

const LIMIT: Duration = Duration::from_secs(15 * 60);

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// The WebDriver server, when this engine is there with all its parts.
    pub(crate) fn driver(self) -> Option<PathBuf> {
        if self.parts().iter().any(|part| part.find().is_none()) {
            return None;
        }
        process::find(self.driver_name())
    }

    /// cargo installs geckodriver (`tool.rs`): Debian does not have it.
    pub(crate) fn driver_name(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
            Self::WebKit if cfg!(target_os = "macos") => "safaridriver",
            Self::WebKit => "WebKitWebDriver",
        }
    }

    /// The browser itself, which is the first of the parts.
    fn browser(self) -> Option<PathBuf> {
        self.parts().first().and_then(Part::find)
    }

    fn parts(self) -> &'static [Part] {
        match self {
            Self::Chromium => &[
                Part {
                    names: &[
                        "chromium",
                        "chromium-browser",
                        "google-chrome",
                        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                    ],
                    package: "chromium",
                },
                Part { names: &["chromedriver"], package: "chromium-driver" },
            ],
            Self::Firefox => &[Part {
                names: &["firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"],
                package: "firefox-esr",
            }],
            Self::WebKit if cfg!(target_os = "macos") => &[Part { names: &["safaridriver"], package: "Safari" }],
            Self::WebKit => &[
                Part { names: &["WebKitWebDriver"], package: "webkit2gtk-driver" },
                // WebKitGTK has no headless mode.
                Part { names: &["Xvfb"], package: "xvfb" },
            ],
        }
    }

    /// What makes its tests faster and can be installed here.
    pub(crate) fn is_quick(self) -> bool {
        self != Self::Chromium || HEADLESS_CHROMIUM.find().is_some() || !may_install()
    }

    /// What is missing of this engine, by the names of Debian's packages.
    pub(crate) fn missing_packages(self) -> Vec<&'static str> {
        self.parts().iter().filter(|part| part.find().is_none()).map(|part| part.package).collect()
    }
}

impl Part {
    fn find(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| {
            if name.starts_with('/') {
                Some(PathBuf::from(name)).filter(|path| path.exists())
            } else {
                process::find(name)
            }
        })
    }
}

/// Tells a script of ours which browser to drive.
pub(crate) fn point_to_chromium(script: &mut Command) {
    if let Some(browser) = Engine::Chromium.browser() {
        script.env("CHROMIUM", browser);
    }
    if let Some(browser) = HEADLESS_CHROMIUM.find() {
        script.env("CHROMIUM_HEADLESS", browser);
    }
}

/// Debian, and we may install there.
pub(crate) fn may_install() -> bool {
    is_debian() && is_root() && process::find("apt-get").is_some()
}

pub(crate) fn install_headless_chromium() -> Result<()> {
    install(&[HEADLESS_CHROMIUM.package])
}

pub(crate) fn install(packages: &[&str]) -> Result<()> {
    apt_get(["update".as_ref()])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(install.iter().chain(packages).map(|word| (*word).as_ref()))
}

fn apt_get<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let mut command = process::command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(words);
    process::run_silently(command, LIMIT)
}

fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|release| release.lines().any(|line| line == "ID=debian"))
}

/// Without a system call of our own: the owner of our own entry in /proc.
fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|entry| entry.uid() == 0)
}
