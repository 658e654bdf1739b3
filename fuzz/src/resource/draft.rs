//! Pairs of URLs that differ where a reader may not see it.

use arbitrary::Arbitrary;

/// A resource, and a call that may or may not go there.
#[derive(Arbitrary, Debug)]
pub(super) struct Draft {
    scheme: Scheme,
    host: Host,
    port: Port,
    path: Vec<Segment>,
    call: Call,
}

/// A call, part by part: most of them as the resource has them.
#[derive(Arbitrary, Debug)]
struct Call {
    before: Noise,
    scheme: Option<Scheme>,
    slashes: Slashes,
    user: User,
    host: Option<Host>,
    port: Option<Port>,
    is_own_path: bool,
    joint: Joint,
    path: Vec<Segment>,
    tail: Tail,
    after: Noise,
    noise_at: Option<u8>,
}

/// Defines enums whose variants stand for texts.
macro_rules! texts {
    ($($name:ident { $($variant:ident = $text:literal,)* })*) => {
        $(
            #[derive(Arbitrary, Clone, Copy, Debug)]
            enum $name { $($variant,)* }

            impl $name {
                const fn text(self) -> &'static str {
                    match self { $(Self::$variant => $text,)* }
                }
            }
        )*
    };
}

texts! {
    Scheme {
        Https = "https:",
        Http = "http:",
        Upper = "HTTPS:",
        Wss = "wss:",
        Blob = "blob:https:",
        File = "file:",
        Data = "data:",
        Split = "ht\ttps:",
        None = "",
    }
    Slashes {
        Two = "//",
        None = "",
        One = "/",
        Three = "///",
        Back = "\\\\",
        Mixed = "/\\",
        Split = "/\t/",
    }
    User {
        None = "",
        Empty = "@",
        EmptyPassword = ":@",
        Named = "user@",
        WithPassword = "user:pass@",
        LooksLikeHost = "api.example.com@",
        LooksLikePath = "api.example.com%2f@",
        BackslashHost = "api.example.com\\@",
        HashHost = "api.example.com#@",
    }
    Host {
        Api = "api.example.com",
        Upper = "API.Example.COM",
        Local = "localhost",
        BelowLocal = "app.localhost",
        Loopback = "127.0.0.1",
        ShortLoopback = "127.1",
        HexLoopback = "0x7f.0.0.1",
        NumberLoopback = "2130706433",
        OctalLoopback = "0177.0.0.1",
        NotLoopback = "127.example.com",
        V6 = "[::1]",
        V6Long = "[0:0:0:0:0:0:0:1]",
        V6Mapped = "[::ffff:127.0.0.1]",
        Evil = "evil.test",
        Suffix = "api.example.com.evil.test",
        Prefix = "notapi.example.com",
        TrailingDot = "api.example.com.",
        EncodedDot = "api%2eexample.com",
        EncodedLetter = "%61pi.example.com",
        EncodedAt = "api.example.com%40evil.test",
        EncodedNull = "api.example.com%00.evil.test",
        Cyrillic = "\u{430}pi.example.com",
        FullWidth = "\u{ff41}pi.example.com",
        FullWidthDot = "api\u{3002}example.com",
        SoftHyphen = "a\u{ad}pi.example.com",
        ZeroWidth = "a\u{200b}pi.example.com",
        Sharp = "stra\u{df}e.example.com",
        Bucher = "b\u{fc}cher.example",
        Punycode = "xn--bcher-kva.example",
        Tab = "api.exam\tple.com",
        Space = "api.example.com .evil.test",
        Caret = "api.example.com^.evil.test",
        Empty = "",
    }
    Port {
        None = "",
        Default = ":443",
        Plain = ":80",
        Empty = ":",
        Zeros = ":000443",
        Other = ":8443",
        Zero = ":0",
        TooLarge = ":65979",
        Letter = ":443x",
        At = ":443@evil.test",
    }
    Segment {
        V1 = "/v1",
        V10 = "/v10",
        UpperV1 = "/V1",
        EncodedV1 = "/%76%31",
        Api = "/api",
        Users = "/users",
        Empty = "/",
        Dot = "/.",
        Dots = "/..",
        EncodedDots = "/%2e%2E",
        HalfEncodedDots = "/.%2e",
        TwiceEncodedDots = "/%252e%252e",
        ThriceEncodedDots = "/%25252e%25252e",
        DotsParameter = "/..;x=1",
        EncodedDotsParameter = "/%2e%2e%3bx",
        ThreeDots = "/...",
        DotsSpace = "/..%20",
        DotsNull = "/..%00",
        OverlongDots = "/%c0%ae%c0%ae",
        FullWidthDots = "/\u{ff0e}\u{ff0e}",
        EncodedSlash = "%2f",
        TwiceEncodedSlash = "%252f",
        Backslash = "\\",
        EncodedBackslash = "%5c",
        Parameter = ";a=b",
        EncodedParameter = "%3ba",
        Unicode = "/\u{fc}",
        LonePercent = "/%",
        BadPercent = "/%zz",
        Colon = "/a:b@c",
        Tab = "/.\t.",
        Newline = "/.\n./",
        Null = "\u{0}",
    }
    Joint {
        None = "",
        Slash = "/",
        Slashes = "//",
        Backslash = "\\",
        EncodedSlash = "%2f",
        Letter = "0",
        Dots = "/../",
    }
    Tail {
        None = "",
        Query = "?q=/../x",
        EmptyQuery = "?",
        Fragment = "#/../x",
        EmptyFragment = "#",
        QueryAt = "?@evil.test/",
        FragmentAt = "#@evil.test/",
    }
    Noise {
        None = "",
        Space = " ",
        Tab = "\t",
        Newline = "\r\n",
        Null = "\u{0}",
        NoBreakSpace = "\u{a0}",
        ByteOrderMark = "\u{feff}",
    }
}

impl Draft {
    pub(super) fn resource(&self) -> String {
        [self.scheme.text(), "//", self.host.text(), self.port.text(), &self.path()].concat()
    }

    pub(super) fn call(&self) -> String {
        let Call { before, slashes, user, joint, tail, after, .. } = &self.call;
        let path: String = self.call.path.iter().map(|segment| segment.text()).collect();
        let own_path = if self.call.is_own_path { self.path() } else { String::new() };
        let mut text = [
            before.text(),
            self.call.scheme.unwrap_or(self.scheme).text(),
            slashes.text(),
            user.text(),
            self.call.host.unwrap_or(self.host).text(),
            self.call.port.unwrap_or(self.port).text(),
            &own_path,
            joint.text(),
            &path,
            tail.text(),
            after.text(),
        ]
        .concat();
        // Parsers drop tabs and newlines wherever they are.
        if let Some(index) = self.call.noise_at.map(usize::from).filter(|index| text.is_char_boundary(*index)) {
            text.insert(index, '\t');
        }
        text
    }

    fn path(&self) -> String {
        self.path.iter().map(|segment| segment.text()).collect()
    }
}
