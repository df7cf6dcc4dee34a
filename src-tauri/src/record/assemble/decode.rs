//! Undoes content codings, piece by piece, so that the lines of a compressed event stream keep the
//! times at which they arrived.

use std::io::Write;
use std::time::Duration;

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// A body may grow by this factor at most…
const MAX_RATIO: u64 = 100;
/// …unless it stays below this many bytes: small bodies compress well.
const ALWAYS_ALLOWED: u64 = 1 << 20;
/// And to no more than this.
const MAX_DECODED: u64 = 64 << 20;

/// A decoded body: its bytes, and for each piece where its last byte stands and when it arrived.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) marks: Vec<(usize, Duration)>,
}

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Zlib(ZlibDecoder<Vec<u8>>),
    Deflate(DeflateDecoder<Vec<u8>>),
    Brotli(Box<brotli::DecompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Decoder<'static, Vec<u8>>),
}

/// Undoes `coding` on `wire`, whose pieces end at `marks`. `None` when the coding is unknown, the data
/// is damaged from its first byte on, or it unpacks to more than is reasonable; what a cut stream gives
/// up to the cut is a result.
pub(super) fn decode(coding: &str, wire: &[u8], marks: &[(usize, Duration)]) -> Option<Decoded> {
    let mut decoder = Decoder::new(coding, wire)?;
    let mut decoded = Vec::with_capacity(marks.len());
    let mut from = 0;
    for &(to, at) in marks {
        let intact = decoder.feed(wire.get(from..to)?, wire.len() as u64)?;
        decoded.push((decoder.output().len(), at));
        from = to;
        if !intact {
            break;
        }
    }
    let bytes = std::mem::take(decoder.output_mut());
    (wire.is_empty() || !bytes.is_empty()).then_some(Decoded { bytes, marks: decoded })
}

impl Decoder {
    fn new(coding: &str, wire: &[u8]) -> Option<Self> {
        Some(match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip(MultiGzDecoder::new(Vec::new())),
            // RFC 9110 8.4.1.2: zlib's wrapper; some servers send the bare stream all the same.
            "deflate" if wire.first().is_some_and(|byte| byte & 0x0f == 8) => {
                Self::Zlib(ZlibDecoder::new(Vec::new()))
            }
            "deflate" => Self::Deflate(DeflateDecoder::new(Vec::new())),
            "br" => Self::Brotli(Box::new(brotli::DecompressorWriter::new(Vec::new(), 64 * 1024))),
            "zstd" => Self::Zstd(zstd::stream::write::Decoder::new(Vec::new()).ok()?),
            _ => return None,
        })
    }

    /// Decodes some more. `Some(false)`: damaged, and nothing after it can be read. `None`: too large.
    fn feed(&mut self, bytes: &[u8], wire_len: u64) -> Option<bool> {
        // Small steps, so that a bomb is noticed before it has gone off.
        for step in bytes.chunks(4 * 1024) {
            let written = match self {
                Self::Gzip(decoder) => decoder.write_all(step).and_then(|()| decoder.flush()),
                Self::Zlib(decoder) => decoder.write_all(step).and_then(|()| decoder.flush()),
                Self::Deflate(decoder) => decoder.write_all(step).and_then(|()| decoder.flush()),
                Self::Brotli(decoder) => decoder.write_all(step).and_then(|()| decoder.flush()),
                Self::Zstd(decoder) => decoder.write_all(step).and_then(|()| decoder.flush()),
            };
            let len = self.output().len() as u64;
            if len > MAX_DECODED || len > ALWAYS_ALLOWED.max(wire_len.saturating_mul(MAX_RATIO)) {
                return None;
            }
            if written.is_err() {
                return Some(false);
            }
        }
        Some(true)
    }

    fn output(&self) -> &Vec<u8> {
        match self {
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zlib(decoder) => decoder.get_ref(),
            Self::Deflate(decoder) => decoder.get_ref(),
            Self::Brotli(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
        }
    }

    fn output_mut(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::Deflate(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(coding: &str, text: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "deflate" => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "br" => {
                let mut out = Vec::new();
                brotli::CompressorWriter::new(&mut out, 4096, 4, 20).write_all(text).unwrap();
                out
            }
            "zstd" => zstd::encode_all(text, 1).unwrap(),
            other => panic!("{other}"),
        }
    }

    fn in_pieces(coding: &str, wire: &[u8]) -> Option<Decoded> {
        let marks: Vec<_> = (1..=wire.len()).map(|end| (end, Duration::from_millis(end as u64))).collect();
        decode(coding, wire, &marks)
    }

    #[test]
    fn every_coding_is_undone_from_single_bytes() {
        let text = "data: hello\n\n".repeat(50);
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let decoded = in_pieces(coding, &packed(coding, text.as_bytes())).unwrap();
            assert_eq!(decoded.bytes, text.as_bytes(), "{coding}");
            assert_eq!(decoded.marks.last().unwrap().0, text.len(), "{coding}");
        }
    }

    #[test]
    fn a_cut_stream_gives_what_came() {
        let noise: String = (0..5000u32).map(|n| format!("{} ", n.wrapping_mul(2_654_435_761))).collect();
        let wire = packed("gzip", noise.as_bytes());
        let decoded = in_pieces("gzip", &wire[..wire.len() / 2]).unwrap();
        assert!(decoded.bytes.len() > 1000 && noise.as_bytes().starts_with(&decoded.bytes));
    }

    #[test]
    fn bombs_and_nonsense_are_left_packed() {
        let bomb = packed("gzip", &vec![0; 20 << 20]);
        assert!(decode("gzip", &bomb, &[(bomb.len(), Duration::ZERO)]).is_none());
        assert!(decode("gzip", b"no gzip at all", &[(14, Duration::ZERO)]).is_none());
        assert!(decode("made-up", b"x", &[(1, Duration::ZERO)]).is_none());
    }
}
