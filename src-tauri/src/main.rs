//! The program `llm-proxy`: the command line, and the front ends that it asks for.

use std::process::ExitCode;

use llm_proxy::cli::{self, Outcome};
use llm_proxy::web;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Outcome::Done(code) => code,
        Outcome::Explore(explore) => cli::ended(web::run(
            explore.port,
            || explore.front(),
            |explorer| explore.announce(&explorer.link(), || explorer.link_for_one_use()),
        )),
        #[cfg(feature = "desktop")]
        Outcome::Tray(request) => tray(request),
    }
}

#[cfg(feature = "desktop")]
fn tray(request: Box<cli::tray::TrayRequest>) -> ExitCode {
    use llm_proxy::desktop::{self, Launch, Opening};
    if !desktop::has_display() {
        return request.serve_instead();
    }
    let cli::tray::TrayRequest { flags, environment, paths, hidden, window } = *request;
    let opening = match (hidden, window) {
        (true, _) => Opening::Hidden,
        (false, true) => Opening::Window,
        (false, false) => Opening::FirstRun,
    };
    desktop::run(Launch { flags, environment, paths, opening })
}
