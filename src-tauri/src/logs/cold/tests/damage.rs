//! Files that are none, or no longer whole.

use super::*;

/// Files that were no compressed sessions of ours.
fn hostile(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut bomb = table::Table::default();
    for _ in 0..1_000 {
        bomb.push(100, MAX_FRAME_BYTES);
    }
    let mut longer = table::Table::default();
    longer.push(20, 10);
    let mut small = zstd::encode_all(&[b'x'; 5_000][..], 3).unwrap();
    small.resize(20, 0);
    let mut flipped = good.to_vec();
    flipped[100] ^= 1;
    let mut wide = zstd::stream::raw::Encoder::new(1).unwrap();
    wide.set_parameter(zstd::stream::raw::CParameter::WindowLog(27)).unwrap();
    let mut frame = zstd::stream::zio::Writer::new(Vec::new(), wide);
    frame.write_all(&[b'x'; 5_000]).unwrap();
    frame.finish().unwrap();
    let frame = frame.into_inner().0;
    let mut of_wide = table::Table::default();
    of_wide.push(frame.len() as u64, 5_000);
    vec![
        ("nothing", Vec::new()),
        ("no zstd", b"{\"a\":1}\n".repeat(1_000)),
        ("zstd without a table", zstd::encode_all(&[b'x'; 5_000][..], 3).unwrap()),
        ("cut off", good[..good.len() - 20].to_vec()),
        ("its beginning lost", good[20..].to_vec()),
        ("a changed byte", flipped),
        ("claims a terabyte", [vec![0; 100_000], bomb.to_bytes()].concat()),
        ("decodes to more than it says", [small, longer.to_bytes()].concat()),
        ("a window of 128 MiB", [frame, of_wide.to_bytes()].concat()),
    ]
}

#[test]
fn damaged_files_are_errors_with_their_names_and_harm_no_others() {
    let whole = logs();
    whole.compress();
    let good = fs::read(whole.compressed()).unwrap();
    for (what, bytes) in hostile(&good) {
        let mut logs = logs();
        fs::remove_file(logs.plain()).unwrap();
        logs.put(COLD, &bytes);
        logs.put("20261123-030829-00000002.jsonl.zst", &good);
        let read = |number| {
            let mut content = Content::open(&logs.root(), &place(number))?;
            std::io::copy(&mut content, &mut std::io::sink())
        };
        let error = read(1).expect_err(what).to_string();
        assert!(error.contains(COLD), "{what}: {error}");
        assert!(read(2).unwrap() > 0, "{what}");
        let swept = logs.decompress();
        assert!(
            swept.files == 1 && swept.problems.len() == 1 && swept.problems[0].contains(PLAIN),
            "{what}: {swept:?}"
        );
        // A session that goes on keeps what can be read, and the damaged file.
        logs.writer.append(&place(1), &entry("later", "x").to_line()).unwrap();
        let lines: Vec<_> = Lines::open(&logs.root(), &place(1), 0).unwrap().collect();
        assert!(lines.last().is_some_and(|line| line.result.is_ok()), "{what}");
        assert_eq!(
            fs::read(logs.plain().with_file_name(format!("{COLD}.damaged"))).unwrap(),
            bytes,
            "{what}"
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let whole = logs();
    whole.compress();
    let mut logs = logs();
    fs::remove_file(logs.plain()).unwrap();
    std::os::unix::fs::symlink(whole.compressed(), logs.compressed()).unwrap();
    assert!(Content::open(&logs.root(), &place(1)).is_err());
    assert_eq!(walk(&logs.root()).count(), 0);
    assert_eq!(logs.compress(), Swept::default());
    assert_eq!(logs.decompress(), Swept::default());
    assert!(logs.writer.append(&place(1), &entry("later", "x").to_line()).is_err());
    assert_eq!(logs.names(), [COLD]);
}
