use super::*;

const FILE: &str = "20261123-030829-6f9842fe.jsonl";

#[test]
fn folders_are_named_as_the_go_proxy_named_them() {
    for (upstream, folder) in [
        ("api.anthropic.com", "api.anthropic.com"),
        ("API.OpenAI.com", "api.openai.com"),
        ("127.0.0.1:9901", "127.0.0.1:9901"),
        ("[::1]:8080", "[::1]:8080"),
    ] {
        assert_eq!(folder_on(upstream, false), folder);
    }
    assert_eq!(folder_on("[::1]:8080", true), "[__1]_8080");
    assert_eq!(folder_on("trailing.", true), "trailing_");
}

#[test]
fn no_upstream_leads_out_of_the_log_folder() {
    let long = "a".repeat(300);
    let hostile = [
        "", ".", "..", "../..", "/etc", "a/b", "..\\x", "a\0b", "%2e%2e", "C:\\x", "\u{202e}", "é",
        ".hidden", &long,
    ];
    for upstream in hostile.into_iter().chain(["sessions.db", "sessions.db-wal"]) {
        for windows in [false, true] {
            let folder = folder_on(upstream, windows);
            assert!(is_folder(&folder) && folder.is_ascii(), "{upstream:?} gave {folder:?}");
            assert!(!folder.starts_with("sessions.db"), "{folder}");
            assert_eq!(folder_on(&folder, windows), folder);
        }
    }
}

#[test]
fn the_day_is_the_utc_day_of_creation() {
    let created = Timestamp::parse("2026-11-24T00:30:00+02:00").unwrap();
    let id = "20261123-223000-6f9842fe".parse().unwrap();
    let file = session_file("h:1", created, &id);
    assert_eq!(file.as_str(), "h:1/2026-11-23/20261123-223000-6f9842fe.jsonl");
    assert_eq!(RelativePath::parse(file.as_str()), Ok(file));
}

#[test]
fn only_session_files_parse() {
    for bad in [
        "",
        "h",
        "h/2026-11-23",
        "../2026-11-23/F",
        "./2026-11-23/F",
        "/2026-11-23/F",
        "h/2026-11-2x/F",
        "h/2026-11-23/F/x",
        "h/2026-11-23/x.jsonl",
        "h/2026-11-23/F.torn",
        "a\0/2026-11-23/F",
    ] {
        let bad = bad.replace('F', FILE);
        assert!(RelativePath::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn walk_gives_session_files_sorted_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let touch = |path: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap();
    };
    let wanted =
        ["a:1/2026-11-22/F", "a:1/2026-11-23/F", "b/2026-11-23/F"].map(|path| path.replace('F', FILE));
    for path in wanted.iter().rev() {
        touch(path);
    }
    for other in [
        "sessions.db",
        "b/notes.txt",
        "b/2026-11-23/notes.jsonl",
        ".git/2026-11-23/F",
        "b/day/F",
        "2026-11-23/F",
    ] {
        touch(&other.replace('F', FILE));
    }
    touch(&format!("b/2026-11-23/{FILE}.torn"));
    touch(&format!("b/2026-11-23/{FILE}.zst.damaged"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("b"), dir.path().join("linked")).unwrap();
        let link = dir.path().join("b/2026-11-23/20261123-030829-00000000.jsonl");
        std::os::unix::fs::symlink(dir.path().join(&wanted[0]), link).unwrap();
    }
    let found: Vec<_> = walk(dir.path()).map(|file| file.unwrap().to_string()).collect();
    assert_eq!(found, wanted);
    let loose: Vec<_> = walk_loose(dir.path()).map(|file| file.unwrap().to_string()).collect();
    assert_eq!(loose, [format!("_/2026-11-23/{FILE}")]);
    assert_eq!(walk(&dir.path().join("missing")).count(), 0);
}

#[test]
fn a_compressed_session_is_given_once_by_its_plain_name() {
    let dir = tempfile::tempdir().unwrap();
    let day = dir.path().join("h/2026-11-23");
    fs::create_dir_all(&day).unwrap();
    let names = ["F", "F.zst", ".F.zst.01.tmp", ".F.01.tmp", ".F.01.tmpx", ".x.jsonl.01.tmp"];
    for name in names {
        fs::File::create(day.join(name.replace('F', FILE))).unwrap();
    }
    let expected = RelativePath::parse(&format!("h/2026-11-23/{FILE}")).unwrap();
    let found = || walk(dir.path()).map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(found(), std::slice::from_ref(&expected));
    assert_eq!(expected.on_disk(dir.path()), expected.under(dir.path()));
    fs::remove_file(day.join(FILE)).unwrap();
    assert_eq!(found(), std::slice::from_ref(&expected));
    assert_eq!(expected.on_disk(dir.path()), day.join(format!("{FILE}.zst")));
    let temporary: Vec<_> = walk_temporary(dir.path()).map(Result::unwrap).collect();
    let named = |name: &str| (expected.clone(), name.replace('F', FILE));
    assert_eq!(temporary, [named(".F.01.tmp"), named(".F.zst.01.tmp")]);
}
