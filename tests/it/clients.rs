#[tokio::test]
#[ignore]
async fn serve_forever() {
    let up = crate::support::upstream::Upstream::start().await;
    std::fs::File::create("/tmp/up_url").and_then(|mut f| std::io::Write::write_all(&mut f, up.url().as_bytes())).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
}
