//! temporary
#![allow(clippy::print_stdout)]
use llm_proxy::config::{Environment, Flags, Paths, load};
fn main() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    let env = Environment::of_process();
    let paths = Paths::of(&env).unwrap();
    let args: Vec<String> = std::env::args().collect();
    let port = args.iter().position(|a| a == "--port").map(|i| args[i + 1].parse().unwrap());
    let config = load(&Flags { port, ..Flags::default() }, &env).unwrap();
    llm_proxy::app::serve(config, &paths, "me@here".into(), |port| {
        println!("listening on http://127.0.0.1:{port}")
    })
    .unwrap();
}
