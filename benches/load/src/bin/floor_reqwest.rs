//! Floor 2: as floor 1, with reqwest as the client.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use hyper::{StatusCode, header};

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or("9302".into());
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(256)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let app = Router::new().fallback(forward).with_state(client);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
    axum::serve(listener, app).await.unwrap();
}

async fn forward(State(client): State<reqwest::Client>, req: Request) -> Response {
    let full = req.uri().path_and_query().map_or("/", |p| p.as_str());
    let Some((upstream, rest)) = full[1..].split_once('/').and_then(|(_, r)| r.split_once('/')) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let url = format!("http://{upstream}/{rest}");
    let (head, body) = req.into_parts();
    let mut headers = head.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONNECTION);
    // reqwest frames a streamed body as chunked unless told its length: Content-Length stays.
    let sent = client
        .request(head.method, url)
        .headers(headers)
        .body(reqwest::Body::wrap_stream(body.into_data_stream()));
    match sent.send().await {
        Ok(mut resp) => {
            let (status, headers) = (resp.status(), std::mem::take(resp.headers_mut()));
            let mut out = Response::new(Body::from_stream(resp.bytes_stream()));
            *out.status_mut() = status;
            *out.headers_mut() = headers;
            out
        }
        Err(e) => (StatusCode::BAD_GATEWAY, e.to_string()).into_response(),
    }
}
