//! The scenarios: how an answer is delivered, or why it is refused.

use std::time::Duration;

/// What the upstream does with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Answers at once.
    Plain,
    /// Answers with `content-encoding: gzip`, streams included.
    Gzip,
    /// Answers with `content-encoding: br`, streams included.
    Brotli,
    /// Ten milliseconds between the events of a stream.
    Paced,
    /// Cuts the bytes of a stream at awkward places: inside lines and inside characters.
    Torn,
    /// Keeps the head of the answer back for a second.
    Late,
    /// Keeps the head of the answer back for a minute: only a client that gives up ends this.
    Never,
    /// Falls silent for a second in the middle of a stream.
    Silent,
    /// A long answer: about 4 MB plain, about 1,000 events streamed.
    Big,
    /// Breaks off in the middle: a stream after some events, a plain body before its announced length.
    Cut,
    /// Sends an error event in the middle of a stream, and ends it properly.
    ErrorEvent,
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 404.
    NotFound,
    /// 429 with `retry-after: 1` the first time, then answers.
    RateLimitedOnce,
    /// 529 (503 where the dialect has no 529) twice, then answers.
    OverloadedTwice,
    /// 500 every time.
    ServerError,
    /// 500 with `x-should-retry: false`.
    ServerErrorFinal,
}

use Scenario::{
    BadRequest, Big, Brotli, Cut, ErrorEvent, Gzip, Late, Never, NotFound, OverloadedTwice, Paced, Plain,
    RateLimitedOnce, ServerError, ServerErrorFinal, Silent, Torn, Unauthorized,
};

/// The names by which requests choose.
const NAMES: [(&str, Scenario); 18] = [
    ("plain", Plain),
    ("gzip", Gzip),
    ("br", Brotli),
    ("paced", Paced),
    ("torn", Torn),
    ("late", Late),
    ("never", Never),
    ("silent", Silent),
    ("big", Big),
    ("cut", Cut),
    ("error-event", ErrorEvent),
    ("bad-request", BadRequest),
    ("unauthorized", Unauthorized),
    ("not-found", NotFound),
    ("rate-limited-once", RateLimitedOnce),
    ("overloaded-twice", OverloadedTwice),
    ("server-error", ServerError),
    ("server-error-final", ServerErrorFinal),
];

/// An error instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// A field that steers the client's retries.
    pub(super) header: Option<(&'static str, &'static str)>,
}

impl Scenario {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, scenario)| *scenario)
    }

    /// The error that this attempt (counted from 1) meets, if any.
    pub(super) fn refusal(self, attempt: usize) -> Option<Refusal> {
        let plain = |status| Some(Refusal { status, header: None });
        match self {
            BadRequest => plain(400),
            Unauthorized => plain(401),
            NotFound => plain(404),
            RateLimitedOnce if attempt == 1 => {
                Some(Refusal { status: 429, header: Some(("retry-after", "1")) })
            }
            OverloadedTwice if attempt <= 2 => plain(529),
            ServerError => plain(500),
            ServerErrorFinal => Some(Refusal { status: 500, header: Some(("x-should-retry", "false")) }),
            Plain | Gzip | Brotli | Paced | Torn | Late | Never | Silent | Big | Cut | ErrorEvent
            | RateLimitedOnce | OverloadedTwice => None,
        }
    }

    /// How long the head of the answer is kept back.
    pub(super) fn head_delay(self) -> Duration {
        if self == Late {
            Duration::from_secs(1)
        } else if self == Never {
            Duration::from_secs(60)
        } else {
            Duration::ZERO
        }
    }
}
