//! The key in the link, and the cookie that it is exchanged for.

use std::sync::{Mutex, PoisonError};

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Shared;

/// The secrets of one run.
#[derive(Debug)]
pub(super) struct Keys {
    /// In the link that is printed.
    link: String,
    /// In links that open once.
    one_use: Mutex<Vec<String>>,
    /// The cookie's value.
    cookie: String,
    /// The cookie's name. Cookies do not tell ports apart: two explorers behind one name need two.
    cookie_name: String,
}

impl Keys {
    pub(super) fn random() -> Self {
        Self {
            link: secret(),
            one_use: Mutex::default(),
            cookie: secret(),
            cookie_name: format!("llm-proxy-{}", &Uuid::new_v4().simple().to_string()[..8]),
        }
    }

    pub(super) fn link(&self) -> &str {
        &self.link
    }

    pub(super) fn one_use(&self) -> String {
        let key = secret();
        self.one_use.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        key
    }

    fn opens(&self, key: &str) -> bool {
        let mut one_use = self.one_use.lock().unwrap_or_else(PoisonError::into_inner);
        let before = one_use.len();
        one_use.retain(|known| !equal(known, key));
        equal(&self.link, key) || one_use.len() < before
    }

    fn is_carried_by(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name && equal(value, &self.cookie))
    }
}

/// 244 random bits.
fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Compares hashes, so that the time it takes tells nothing about the secret.
fn equal(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

#[derive(Debug, Deserialize)]
pub(super) struct Opening {
    #[serde(default)]
    key: String,
}

/// Takes the link's key and gives the cookie. The page goes on by itself, because a browser that followed
/// the link from another page would send no strict cookie along with a redirect.
pub(super) async fn open(State(shared): State<Shared>, Query(opening): Query<Opening>) -> Response {
    if !shared.keys.opens(&opening.key) {
        return refused();
    }
    let cookie =
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", shared.keys.cookie_name, shared.keys.cookie);
    // The empty icon keeps browsers from asking for one.
    let page = "<!doctype html><title>LLM Proxy</title><link rel=\"icon\" href=\"data:,\">\
        <meta http-equiv=\"refresh\" content=\"0;url=./\">";
    ([(header::SET_COOKIE, cookie)], Html(page)).into_response()
}

/// Lets only those through that carry the cookie.
pub(super) async fn require(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.keys.is_carried_by(request.headers()) { next.run(request).await } else { refused() }
}

fn refused() -> Response {
    let why = "Open the link that `llm-proxy explore` printed: it holds the key to this page.";
    (StatusCode::UNAUTHORIZED, why).into_response()
}
