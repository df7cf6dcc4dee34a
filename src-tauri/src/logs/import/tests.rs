use std::fs;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::*;
use crate::logs::Sweep;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-logs");

/// Every file below `dir` with its content.
fn tree(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

fn entries(log_dir: &Path) -> Vec<(RelativePath, Entry)> {
    let read = |file: RelativePath| {
        let lines = Lines::open(log_dir, &file, 0).unwrap();
        lines.map(move |line| (file.clone(), line.result.unwrap()))
    };
    walk(log_dir).flat_map(|file| read(file.unwrap())).collect()
}

fn run(from: &Path, into: &Path) -> Result<ImportReport, ImportError> {
    import(from, into, &|entry| entry, &mut |_| ())
}

#[test]
fn every_line_of_the_go_proxy_arrives_once_and_its_folder_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (from, into) = (Path::new(FIXTURES), dir.path().join("logs"));
    let before = tree(from);
    let mut told = Vec::new();
    let report = import(from, &into, &|entry| entry, &mut |report| told.push(*report)).unwrap();
    let expected = ImportReport {
        files: 20,
        sessions: 20,
        requests: 22,
        responses: 19,
        others: 20,
        ..Default::default()
    };
    assert_eq!(report, expected);
    assert_eq!((told.len(), told.last()), (20, Some(&report)));
    assert_eq!(entries(&into), entries(from));

    let after_one = tree(&into);
    let again = run(from, &into).unwrap();
    assert_eq!(again, ImportReport { files: 20, skipped_already_there: 61, ..Default::default() });
    assert!(tree(&into) == after_one && tree(from) == before);
}

#[test]
fn compressed_files_are_taken_over_and_found_there_already() {
    let dir = tempfile::tempdir().unwrap();
    let copies = ["plain", "compressed", "into"].map(|name| dir.path().join(name));
    let [plain, compressed, into] = &copies;
    for copy in [plain, compressed] {
        run(Path::new(FIXTURES), copy).unwrap();
    }
    let going_on = AtomicBool::new(false);
    let compress = |log_dir| Sweep::new(log_dir, &going_on).compress(Duration::ZERO).files;
    assert!(compress(compressed) > 3);
    assert_eq!(run(compressed, into).unwrap().sessions, 20);
    assert_eq!(entries(into), entries(plain));
    assert!(compress(into) > 3);
    let before = tree(into);
    let again = run(compressed, into).unwrap();
    assert_eq!((again.skipped_already_there, again.unreadable), (61, 0));
    assert!(tree(into) == before, "nothing new, so nothing is made plain");
}

#[test]
fn an_import_that_was_cut_off_anywhere_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let (from, into) = (Path::new(FIXTURES), dir.path().join("logs"));
    run(from, &into).unwrap();
    let whole = entries(&into);
    for (number, (path, content)) in tree(&into).iter().enumerate() {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len((content.len() * number / 20) as u64).unwrap();
    }
    run(from, &into).unwrap();
    assert_eq!(entries(&into), whole);
}

#[test]
fn every_line_passes_the_redactor() {
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("logs");
    let redactor = |mut entry: Entry| {
        if let Entry::Request(request) = &mut entry {
            request.body = "gone".to_owned();
        }
        entry
    };
    import(Path::new(FIXTURES), &into, &redactor, &mut |_| ()).unwrap();
    let bodies = entries(&into).into_iter().filter_map(|(_, entry)| match entry {
        Entry::Request(request) => Some(request.body),
        Entry::SessionStart(_) | Entry::Response(_) | Entry::Fork(_) => None,
    });
    assert_eq!(bodies.collect::<Vec<_>>(), ["gone"; 22]);
    let again = import(Path::new(FIXTURES), &into, &redactor, &mut |_| ()).unwrap();
    assert_eq!(again.skipped_already_there, 61);
}

#[test]
fn leftovers_of_hostile_upstreams_get_a_folder_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let (from, into) = (dir.path().join("go/logs"), dir.path().join("ours"));
    let line = |host: &str| {
        format!(
            r#"{{"_meta":{{"host":"{host}","machine":"m","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}},"provider":"openai","type":"session_start","upstream":"{host}"}}"#
        )
    };
    let put = |path: &str, session: u32, text: String| {
        let day = from.join(path).join("2026-11-23");
        fs::create_dir_all(&day).unwrap();
        let mut file = File::create(day.join(format!("20261123-030829-{session:08x}.jsonl"))).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        File::create(day.join("notes.txt")).unwrap();
    };
    put("UPPER.com:1", 1, line("UPPER.com:1"));
    put("x", 2, format!("{}\nbad\n{}", line("x"), &line("x")[..40]));
    put(".", 3, line("."));
    put("..", 4, line(".."));
    put("..", 5, line("somebody.else"));
    let report = run(&from, &into).unwrap();
    assert_eq!((report.files, report.others, report.bad_lines, report.unreadable), (4, 4, 2, 0));
    let files: Vec<_> = walk(&into).map(|file| file.unwrap().to_string()).collect();
    let name =
        |folder: &str, session: u32| format!("{folder}/2026-11-23/20261123-030829-{session:08x}.jsonl");
    assert_eq!(files, [name("_", 3), name("_.", 4), name("upper.com:1", 1), name("x", 2)]);
}

#[test]
fn folders_in_one_another_are_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    fs::create_dir_all(logs.join("inner")).unwrap();
    let inner = logs.join("inner");
    let new = logs.join("new/deep");
    let mut pairs = vec![(&logs, &logs), (&logs, &inner), (&inner, &logs), (&logs, &new)];
    let link = dir.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&logs, &link).unwrap();
    let behind_link = link.join("inner");
    pairs.extend([(&logs, &link), (&link, &logs), (&logs, &behind_link)]);
    for (from, into) in pairs {
        assert!(matches!(run(from, into), Err(ImportError::Overlap)), "{from:?} into {into:?}");
    }
    assert!(!new.exists());
    let other = dir.path().join("logs2");
    assert!(run(&logs, &other).is_ok(), "a shared beginning of two names is no overlap");
    assert!(matches!(run(&dir.path().join("missing"), &other), Err(ImportError::Source(_))));
}
