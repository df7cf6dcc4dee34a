//! Builds nothing for the headless program. For the tray application it has Tauri check configuration and
//! capabilities, and write the permissions of the one command.

fn main() {
    #[cfg(feature = "desktop")]
    desktop::build();
}

#[cfg(feature = "desktop")]
mod desktop {
    use std::path::{Path, PathBuf};
    use std::{env, fs};

    use tauri_build::{AppManifest, Attributes};

    /// What a checkout shows whose user interface was not built.
    const PLACEHOLDER: &str = "<!doctype html><meta charset=utf-8><title>LLM Proxy</title>\
        <p>The user interface was not built: run <code>npm run ui:build</code>, then build again.</p>\n";

    #[expect(
        clippy::disallowed_methods,
        reason = "these variables are Cargo's, and build scripts have no other way"
    )]
    pub(super) fn build() {
        let folder = |variable| PathBuf::from(env::var_os(variable).expect("Cargo sets it"));
        let root = folder("CARGO_MANIFEST_DIR");
        println!("cargo:rerun-if-changed=src-tauri/capabilities");
        println!("cargo:rerun-if-changed=tauri.conf.json");
        println!("cargo:rerun-if-changed=icons");
        ensure_page(&root.join("ui/dist"));
        // Tauri writes schemas and permissions below the working directory: not into the project.
        let scratch = folder("OUT_DIR").join("tauri");
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

    #[expect(clippy::disallowed_methods, reason = "the page is public")]
    fn ensure_page(dist: &Path) {
        let page = dist.join("index.html");
        println!("cargo:rerun-if-changed={}", dist.display());
        if !page.exists() {
            fs::create_dir_all(dist).expect("the project is writable");
            fs::write(page, PLACEHOLDER).expect("the project is writable");
        }
    }

    /// Tauri wants the pattern to live as long as the program.
    fn lasting(path: &Path) -> &'static str {
        Box::leak(path.to_string_lossy().into_owned().into_boxed_str())
    }
}
