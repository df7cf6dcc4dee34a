//! Bodies: how each is framed, and reading them as they arrive.

use super::head::{Field, Head, parse_field};
use super::{Broken, Reader};

/// What delimits a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is no body.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The close of the connection.
    UntilClose,
}

/// A body, as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// Its bytes without their framing.
    pub(crate) bytes: Vec<u8>,
    /// The fields after it.
    pub(crate) trailers: Vec<Field>,
    /// Why it did not come whole, if it did not.
    pub(crate) broken: Option<Broken>,
}

/// Reads a body part by part.
#[derive(Debug)]
pub(crate) struct BodyReader {
    state: State,
    /// The fields after a chunked body, once it has ended.
    pub(crate) trailers: Vec<Field>,
}

#[derive(Debug)]
enum State {
    Length(u64),
    ChunkSize,
    ChunkData(u64),
    UntilClose,
    Ended,
}

impl Framing {
    /// How the body of a request is framed (RFC 9112, 6.3).
    pub(crate) fn of_request(head: &Head) -> Result<Self, String> {
        Ok(declared(head)?.unwrap_or(Self::None))
    }

    /// How the body of a response to `method` is framed (RFC 9112, 6.3).
    pub(crate) fn of_response(head: &Head, method: &[u8]) -> Result<Self, String> {
        let declared = declared(head)?;
        match head.status() {
            _ if method == b"HEAD" => Ok(Self::None),
            Some(204 | 304) => Ok(Self::None),
            _ => Ok(declared.unwrap_or(Self::UntilClose)),
        }
    }
}

/// What the fields say, if they say anything; more than one word on it is an error.
fn declared(head: &Head) -> Result<Option<Framing>, String> {
    match (head.values("transfer-encoding").as_slice(), head.values("content-length").as_slice()) {
        ([], []) => Ok(None),
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Some(Framing::Chunked)),
        ([], [digits]) => match number(digits, 10) {
            Some(length) => Ok(Some(Framing::Length(length))),
            None => Err(format!("bad Content-Length in {head:?}")),
        },
        _ => Err(format!("ambiguous framing in {head:?}")),
    }
}

/// Digits only: no sign, no space, no nothing.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let is_plain = digits.iter().all(|byte| char::from(*byte).is_digit(radix));
    let text = std::str::from_utf8(digits).ok().filter(|_| is_plain)?;
    u64::from_str_radix(text, radix).ok()
}

impl BodyReader {
    /// Begins to read a body.
    pub(crate) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::None => State::Ended,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, trailers: Vec::new() }
    }

    /// The next bytes as soon as there are any; `None` at the proper end.
    pub(crate) async fn part(&mut self, reader: &mut Reader) -> Result<Option<Vec<u8>>, Broken> {
        loop {
            match self.state {
                State::Ended => return Ok(None),
                State::Length(0) => self.state = State::Ended,
                State::ChunkData(0) => {
                    if !reader.line().await.map_err(within)?.is_empty() {
                        return Err(Broken::Grammar("a chunk is longer than its size".to_owned()));
                    }
                    self.state = State::ChunkSize;
                }
                State::ChunkSize => self.chunk_size(reader).await?,
                State::Length(left) | State::ChunkData(left) => {
                    let part = some_bytes(reader, left).await.map_err(within)?;
                    self.state = self.after(left - part.len() as u64);
                    return Ok(Some(part));
                }
                State::UntilClose => match some_bytes(reader, u64::MAX).await {
                    Ok(part) => return Ok(Some(part)),
                    Err(Broken::Closed) => self.state = State::Ended,
                    Err(broken) => return Err(broken),
                },
            }
        }
    }

    fn after(&self, left: u64) -> State {
        match self.state {
            State::Length(_) => State::Length(left),
            State::ChunkData(_) | State::ChunkSize | State::UntilClose | State::Ended => {
                State::ChunkData(left)
            }
        }
    }

    async fn chunk_size(&mut self, reader: &mut Reader) -> Result<(), Broken> {
        let line = reader.line().await.map_err(within)?;
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
        let size = number(digits, 16).filter(|_| !digits.is_empty());
        let size = size.ok_or_else(|| Broken::Grammar(format!("bad chunk size {}", line.escape_ascii())))?;
        if size > 0 {
            self.state = State::ChunkData(size);
            return Ok(());
        }
        loop {
            let line = reader.line().await.map_err(within)?;
            if line.is_empty() {
                self.state = State::Ended;
                return Ok(());
            }
            self.trailers.push(parse_field(&line).map_err(Broken::Grammar)?);
        }
    }
}

/// A close within a body is a cut, wherever the reader stood.
fn within(broken: Broken) -> Broken {
    match broken {
        Broken::Closed => Broken::Cut,
        Broken::Cut | Broken::Reset | Broken::Grammar(_) => broken,
    }
}

async fn some_bytes(reader: &mut Reader, at_most: u64) -> Result<Vec<u8>, Broken> {
    if reader.unread().is_empty() {
        reader.fill().await?;
    }
    let length = usize::try_from(at_most).unwrap_or(usize::MAX).min(reader.unread().len());
    Ok(reader.take(length))
}
