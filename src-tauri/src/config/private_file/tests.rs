use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_created_is_private() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("state/llm-proxy");
    assert_eq!(create_dir(&dir).unwrap(), Found::Created);
    let (_, appended) = open(&dir.join("appended"), Access::Append).unwrap();
    let (_, written) = open(&dir.join("written"), Access::ReadWrite).unwrap();
    assert_eq!((appended, written), (Found::Created, Found::Created));
    create_new(&dir.join("new")).unwrap();
    write_atomically(&dir.join("whole"), b"x").unwrap();
    assert_eq!((mode(dir.parent().unwrap()), mode(&dir)), (0o700, 0o700));
    for name in ["appended", "written", "new", "whole"] {
        assert_eq!(mode(&dir.join(name)), 0o600, "{name}");
    }
}

/// The umask belongs to the whole process, so the test above is run again in one of its own.
#[test]
fn what_is_created_is_private_whatever_the_umask() {
    let test = concat!(module_path!(), "::what_is_created_is_private");
    let test = test.split_once("::").unwrap().1;
    for umask in ["000", "022", "077", "027"] {
        let again = Command::new("sh")
            .args(["-c", r#"umask "$1" && exec "$2" --exact "$3""#, "sh", umask])
            .arg(std::env::current_exe().unwrap())
            .arg(test)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && output.contains("1 passed"), "umask {umask}: {output}");
    }
}

#[test]
fn what_was_open_to_others_is_tightened_and_told() {
    let root = tempfile::tempdir().unwrap();
    let (dir, file) = (root.path().join("logs"), root.path().join("log"));
    fs::create_dir(&dir).unwrap();
    drop(File::create(&file).unwrap());
    set_mode(&dir, 0o755);
    set_mode(&file, 0o644);
    assert_eq!(open(&file, Access::Read).unwrap().1, Found::Private);
    assert_eq!(mode(&file), 0o644, "reading changes nothing");
    assert_eq!(create_dir(&dir).unwrap(), Found::Tightened(0o755));
    assert_eq!(open(&file, Access::Append).unwrap().1, Found::Tightened(0o644));
    assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600));
    assert_eq!(create_dir(&dir).unwrap(), Found::Private);
    assert_eq!(tighten(&file).unwrap(), Found::Private);
    set_mode(&file, 0o640);
    assert_eq!(tighten(&file).unwrap(), Found::Tightened(0o640));
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn links_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("target");
    let link = root.path().join("link");
    symlink(&target, &link).unwrap();
    for access in [Access::Read, Access::Append, Access::ReadWrite] {
        assert!(matches!(open(&link, access), Err(PrivateFileError::Symlink { .. })), "dangling, {access:?}");
    }
    fs::create_dir(&target).unwrap();
    assert!(matches!(create_dir(&link), Err(PrivateFileError::Symlink { .. })));
    fs::remove_dir(&target).unwrap();
    assert!(!target.exists(), "nothing was created through the link");
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let ours = root.path().join("dir");
    fs::create_dir(&ours).unwrap();
    // Only root can give a folder away; for everyone else the system's folders are another user's.
    let (dir, owner) =
        if chown(&ours, Some(12_345), None).is_ok() { (ours, 12_345) } else { (PathBuf::from("/usr"), 0) };
    match create_dir(&dir) {
        Err(PrivateFileError::OtherOwner { uid, .. }) => assert_eq!(uid, owner),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_regular_files_are_opened() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(open(&pipe, Access::Read), Err(PrivateFileError::NotAFile { .. })));
    assert!(matches!(open(&pipe, Access::ReadWrite), Err(PrivateFileError::NotAFile { .. })));
    assert!(open(root.path(), Access::Append).is_err());
    let file = root.path().join("file");
    drop(File::create(&file).unwrap());
    assert!(matches!(create_dir(&file), Err(PrivateFileError::Io { .. })));
}

#[test]
fn a_write_that_fails_leaves_the_old_content_and_no_rest() {
    let root = tempfile::tempdir().unwrap();
    let occupied = root.path().join("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::create_dir(occupied.join("inside")).unwrap();
    assert!(write_atomically(&occupied, b"new").is_err());
    assert!(occupied.join("inside").exists());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    let missing = write_atomically(&root.path().join("missing/file"), b"new").unwrap_err();
    assert_eq!(missing.io().map(io::Error::kind), Some(io::ErrorKind::NotFound));
}

#[test]
fn a_whole_write_replaces_a_link_not_its_target() {
    let root = tempfile::tempdir().unwrap();
    let (target, link) = (root.path().join("target"), root.path().join("link"));
    write_atomically(&target, b"old").unwrap();
    symlink(&target, &link).unwrap();
    write_atomically(&link, b"new").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(fs::read(&link).unwrap(), b"new");
}
