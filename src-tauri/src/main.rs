//! The program `llm-proxy`: the library's command line, and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    llm_proxy::cli::run(std::env::args_os())
}
