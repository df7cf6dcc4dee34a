//! How fast bodies without a secret pass. Run with `--ignored --nocapture`, in a release build.

use super::{Random, benign, redactor};

#[test]
#[ignore = "a measurement, not a check"]
fn throughput_without_secrets() {
    let mut body = String::new();
    let mut seed = 0;
    while body.len() < 2_000_000 {
        body.push_str(&benign::body(&mut Random(seed)));
        body.push('\n');
        seed += 1;
    }
    let redactor = redactor();
    let megabytes = body.len() as f64 / 1e6;
    for (name, redact) in [("text", 0), ("json", 1)] {
        let started = std::time::Instant::now();
        const ROUNDS: u32 = 20;
        for _ in 0..ROUNDS {
            let redacted = if redact == 0 { redactor.text(&body) } else { redactor.json(&body) };
            assert_eq!(redacted.len(), body.len());
        }
        let seconds = started.elapsed().as_secs_f64() / f64::from(ROUNDS);
        println!("{name}: {:.0} MB/s, {:.1} ms for {megabytes:.1} MB", megabytes / seconds, seconds * 1e3);
    }
}
