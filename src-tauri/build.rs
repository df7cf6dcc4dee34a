//! Sees to it that there is a page to build in: a checkout without Node still compiles. For the tray application
//! it has Tauri check configuration and capabilities, and write the permissions of the one command.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Shown until somebody runs `npm run ui:build`.
const PLACEHOLDER: &str = "<!doctype html><meta charset=utf-8><title>LLM Proxy</title>\
    <p>The page is not built: run <code>npm run ui:build</code>, then build again.</p>\n";

fn main() {
    let root = folder("CARGO_MANIFEST_DIR");
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    ensure_page(&root.join("ui/dist"));
    #[cfg(feature = "desktop")]
    desktop::build(&root);
}

#[expect(clippy::disallowed_methods, reason = "the page is public")]
fn ensure_page(dist: &Path) {
    let page = dist.join("index.html");
    println!("cargo:rerun-if-changed={}", dist.display());
    if !page.exists() {
        fs::create_dir_all(dist).expect("the project is writable");
        fs::write(page, PLACEHOLDER).expect("the project is writable");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "these variables are Cargo's, and build scripts have no other way"
)]
fn folder(variable: &str) -> PathBuf {
    PathBuf::from(env::var_os(variable).expect("Cargo sets it"))
}

#[cfg(feature = "desktop")]
mod desktop {
    use std::path::Path;
    use std::{env, fs};

    use tauri_build::{AppManifest, Attributes};

    pub(super) fn build(root: &Path) {
        println!("cargo:rerun-if-changed=src-tauri/capabilities");
        println!("cargo:rerun-if-changed=tauri.conf.json");
        println!("cargo:rerun-if-changed=icons");
        // Tauri writes schemas and permissions below the working directory: not into the project.
        let scratch = super::folder("OUT_DIR").join("tauri");
        fs::create_dir_all(&scratch).expect("OUT_DIR is writable");
        fs::copy(root.join("Cargo.toml"), scratch.join("Cargo.toml")).expect("OUT_DIR is writable");
        env::set_current_dir(&scratch).expect("the folder was just made");
        let attributes = Attributes::new()
            .config_path(root.join("tauri.conf.json"))
            .capabilities_path_pattern(lasting(&root.join("src-tauri/capabilities/**/*")))
            .app_manifest(AppManifest::new().commands(&["call"]));
        if let Err(error) = tauri_build::try_build(attributes) {
            println!("cargo:error={error:#}");
        }
    }

    /// Tauri wants the pattern to live as long as the program.
    fn lasting(path: &Path) -> &'static str {
        Box::leak(path.to_string_lossy().into_owned().into_boxed_str())
    }
}
