//! Sees to it that there is a page to build in: a checkout without Node still compiles.

use std::path::Path;
use std::{fs, io};

/// Shown until somebody runs `npm run ui:build`.
const PLACEHOLDER: &str = "<!doctype html><title>LLM Proxy</title><p>The page is not built: npm run ui:build";

#[expect(clippy::disallowed_methods, reason = "the page is no secret: it is part of the program")]
fn main() -> io::Result<()> {
    let dist = Path::new("ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    println!("cargo:rerun-if-changed=ui/dist");
    if !dist.join("index.html").exists() {
        fs::create_dir_all(dist)?;
        fs::write(dist.join("index.html"), PLACEHOLDER)?;
    }
    Ok(())
}
