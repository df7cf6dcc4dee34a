//! The head of a message: start line and fields, read by the letter of RFC 9112.

use std::fmt;

/// A field's name and value, as on the wire.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// Start line and fields of a message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Request line or status line, without its end.
    pub(crate) start: Vec<u8>,
    /// The fields in the order of the wire.
    pub(crate) fields: Vec<Field>,
}

impl Head {
    /// Reads a head with the empty line at its end.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let lines = bytes.strip_suffix(b"\r\n\r\n").ok_or("no empty line at the end of the head")?;
        let mut lines = split_lines(lines).into_iter();
        let start = lines.next().unwrap_or_default().to_vec();
        if start.is_empty() || start.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(format!("bad start line {}", start.escape_ascii()));
        }
        let fields = lines.map(parse_field).collect::<Result<_, _>>()?;
        Ok(Self { start, fields })
    }

    /// All values of a field, by its name in any case.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        let same = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()));
        same.map(|(_, value)| value.as_slice()).collect()
    }

    /// The first value of a field, as text.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> &[u8] {
        self.word(0)
    }

    /// The target of a request, byte for byte.
    pub(crate) fn target(&self) -> &[u8] {
        self.word(1)
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u16> {
        let digits = self.start.strip_prefix(b"HTTP/1.")?.get(1..5)?.strip_prefix(b" ")?;
        digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    }

    /// The reason phrase of a response: all that follows the status and a space.
    pub(crate) fn reason(&self) -> &[u8] {
        self.start.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default()
    }

    fn word(&self, index: usize) -> &[u8] {
        self.start.split(|byte| *byte == b' ').nth(index).unwrap_or_default()
    }
}

/// Readable in a failing assertion: one line a field, odd bytes escaped.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start.escape_ascii())?;
        for (name, value) in &self.fields {
            write!(f, "\n  {}: {}", name.escape_ascii(), value.escape_ascii())?;
        }
        Ok(())
    }
}

/// True for the bytes of which methods and field names are made.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    lines
}

/// One field line: no folding, no space before the colon, no control byte but the tab.
pub(super) fn parse_field(line: &[u8]) -> Result<Field, String> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.ok_or_else(|| format!("no colon in {}", line.escape_ascii()))?);
    let value = &value[1..];
    let is_value = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) || !value.iter().all(is_value) {
        return Err(format!("bad field line {}", line.escape_ascii()));
    }
    Ok((name.to_vec(), value.trim_ascii().to_vec()))
}
