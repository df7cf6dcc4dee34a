//! Recognises images by their first bytes, whatever anybody says that they are.

use super::types::RasterType;

/// What an image's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) media_type: RasterType,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Raster {
    /// None: it is no PNG, JPEG, GIF or WebP, or its head is not whole.
    pub(super) fn recognise(bytes: &[u8]) -> Option<Self> {
        png(bytes).or_else(|| jpeg(bytes)).or_else(|| gif(bytes)).or_else(|| webp(bytes))
    }

    /// How many pixels a browser would keep in memory for it.
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

fn png(bytes: &[u8]) -> Option<Raster> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..)?.strip_prefix(b"IHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some(Raster { media_type: RasterType::Png, width: side(0)?, height: side(4)? })
}

fn gif(bytes: &[u8]) -> Option<Raster> {
    let header = bytes.strip_prefix(b"GIF87a").or_else(|| bytes.strip_prefix(b"GIF89a"))?;
    Some(Raster { media_type: RasterType::Gif, width: little(header, 0, 2)?, height: little(header, 2, 2)? })
}

/// The three forms of WebP keep their size in three ways.
fn webp(bytes: &[u8]) -> Option<Raster> {
    let chunk = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let (name, body) = (chunk.get(..4)?, chunk.get(8..)?);
    let (width, height) = match name {
        b"VP8X" => (little(body, 4, 3)? + 1, little(body, 7, 3)? + 1),
        b"VP8L" => {
            let sides = little(body.strip_prefix(b"\x2f")?, 0, 4)?;
            ((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1)
        }
        b"VP8 " => {
            let sides = body.get(3..)?.strip_prefix(b"\x9d\x01\x2a")?;
            (little(sides, 0, 2)? & 0x3fff, little(sides, 2, 2)? & 0x3fff)
        }
        _ => return None,
    };
    Some(Raster { media_type: RasterType::Webp, width, height })
}

/// Walks from segment to segment up to the frame's header, which has the size.
fn jpeg(bytes: &[u8]) -> Option<Raster> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        rest = match marker {
            // Fill bytes, and markers that stand alone.
            0xff => &rest[1..],
            0x01 | 0xd0..=0xd7 => after,
            // C4, C8 and CC are tables among the frames' numbers.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (big(after, 3)?, big(after, 5)?);
                return Some(Raster { media_type: RasterType::Jpeg, width, height });
            }
            // The picture itself, or its end: no frame was announced.
            0xd8..=0xda => return None,
            _ => after.get(usize::try_from(big(after, 0)?).ok()?..)?,
        };
    }
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

/// An integer of `length` bytes, at most four, least significant first.
fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(at..at + length)?.iter().rev();
    Some(digits.fold(0, |sum, digit| sum << 8 | u32::from(*digit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03";
    const GIF: &[u8] = b"GIF89a\x02\x01\x03\0";
    const LOSSY: &[u8] = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x02\x01\x03\0";
    const LOSSLESS: &[u8] = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x01\x81\0\0";
    const EXTENDED: &[u8] = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x01\x01\0\x02\0\0";
    const JPEG: &[u8] =
        b"\xff\xd8\xff\xe0\0\x04\xff\xc0\xff\xff\xc4\0\x02\xff\xc2\0\x11\x08\0\x03\x01\x02\x03";

    #[test]
    fn each_type_is_recognised_with_its_size() {
        for (bytes, media_type) in [
            (PNG, RasterType::Png),
            (GIF, RasterType::Gif),
            (LOSSY, RasterType::Webp),
            (LOSSLESS, RasterType::Webp),
            (EXTENDED, RasterType::Webp),
            (JPEG, RasterType::Jpeg),
        ] {
            let found = Raster::recognise(bytes);
            assert_eq!(found, Some(Raster { media_type, width: 258, height: 3 }), "{bytes:?}");
            for end in 0..bytes.len() - 4 {
                assert_eq!(Raster::recognise(&bytes[..end]), None, "{:?}", &bytes[..end]);
            }
        }
    }

    #[test]
    fn what_is_no_raster_is_none() {
        for text in [
            "",
            "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            "<?xml version='1.0'?><svg/>",
            "<!doctype html><script>1</script>",
            "GIF",
            "GIF89 a",
            "%PDF-1.7",
            "BM",
            "\0\0\x01\0",
            "RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(Raster::recognise(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in 0..6_usize, tail in proptest::collection::vec(any::<u8>(), 0..64)) {
            let heads: [&[u8]; 6] = [&PNG[..12], b"GIF87a", &LOSSY[..16], b"RIFF\0\0\0\0WEBPVP8X", b"\xff\xd8", b"\xff\xd8\xff\xe0"];
            let _ = Raster::recognise(&[heads[head], &tail].concat());
        }
    }
}
