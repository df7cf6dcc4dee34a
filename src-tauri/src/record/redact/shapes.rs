//! The shapes of known secrets, one a line.

/// What may stand right before a secret, besides the text's beginning and an escape like `\n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Anything: the literal is unmistakable.
    Anything,
    /// No letter and no digit.
    NoLetter,
    /// No word character, and no hyphen inside a word: the literal is short, and occurs in names.
    NoWord,
    /// Like `NoWord`, and no `+` or `/`: the literal occurs in base64.
    NoBase64,
}

/// What follows the literal. A group named `secret` says which part alone is the secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tail {
    /// This pattern.
    Any(&'static str),
    /// This pattern, if the whole has both letters and digits: long names in source code do not.
    Mixed(&'static str),
    /// A private key in PEM.
    Pem,
}

use Left::{Anything, NoBase64, NoLetter, NoWord};
use Tail::{Any, Mixed, Pem};

/// Literal, what may stand before it, kind, and what follows. Lines with the same literal stand
/// together and are tried in order. Repetitions that do not end the pattern have an upper bound, so
/// that no text costs the square of its length.
pub(super) const SHAPES: &[(&str, Left, &str, Tail)] = &[
    // Model providers.
    ("sk-", NoLetter, "anthropic-key", Mixed("ant-[A-Za-z0-9_-]{20,}")),
    ("sk-", NoLetter, "openrouter-key", Mixed("or-[A-Za-z0-9_-]{32,}")),
    ("sk-", NoLetter, "openai-key", Mixed("(?:proj|svcacct|service|admin|None)-[A-Za-z0-9_-]{20,}")),
    ("sk-", NoLetter, "openai-key", Any("[A-Za-z0-9_-]{16,80}T3BlbkFJ[A-Za-z0-9_-]{16,}")),
    ("sk-", NoWord, "langfuse-key", Any("lf-[0-9a-f]{8}-[0-9a-f-]{27}")),
    // Many providers use OpenAI's old form.
    ("sk-", NoWord, "api-key", Mixed("(?:[a-z0-9]{2,12}-)?[A-Za-z0-9]{24}[A-Za-z0-9_-]*")),
    ("ek_", NoWord, "openai-key", Mixed("[A-Za-z0-9]{20}[A-Za-z0-9_-]*")),
    ("sess-", NoWord, "openai-key", Mixed("[A-Za-z0-9]{40}[A-Za-z0-9_-]*")),
    ("gsk_", NoWord, "groq-key", Mixed("[A-Za-z0-9]{20}[A-Za-z0-9_-]*")),
    ("xai-", NoWord, "xai-key", Mixed("(?:token-)?[A-Za-z0-9]{20}[A-Za-z0-9_-]*")),
    ("pplx-", NoWord, "perplexity-key", Mixed("[A-Za-z0-9]{20}[A-Za-z0-9_-]*")),
    ("hf_", NoWord, "huggingface-token", Any(r"[A-Za-z0-9]{34,40}(?-u:\b)")),
    ("nvapi-", NoWord, "nvidia-key", Mixed("[A-Za-z0-9_-]{40,}")),
    ("r8_", NoWord, "replicate-token", Mixed("[A-Za-z0-9]{37}[A-Za-z0-9_]*")),
    ("csk-", NoWord, "cerebras-key", Mixed("[A-Za-z0-9]{32}[A-Za-z0-9_-]*")),
    ("tvly-", NoWord, "tavily-key", Mixed("(?:dev-|prod-)?[A-Za-z0-9]{20}[A-Za-z0-9_-]*")),
    ("fw_", NoWord, "fireworks-key", Mixed(r"[A-Za-z0-9]{22,28}(?-u:\b)")),
    // Google.
    ("AIza", NoBase64, "google-key", Any("[A-Za-z0-9_-]{35}[A-Za-z0-9_-]*")),
    ("AQ.", NoBase64, "google-key", Mixed("Ab[A-Za-z0-9_-]{40,}")),
    ("ya29.", NoWord, "google-token", Mixed(r"(?:[a-z]\.)?[A-Za-z0-9_-]{20,}")),
    ("1//0", NoWord, "google-token", Mixed("[A-Za-z0-9_-]{40,}")),
    ("GOCSPX-", NoWord, "google-secret", Any("[A-Za-z0-9_-]{24,}")),
    // Amazon.
    ("AKIA", NoWord, "aws-key", Any(r"[A-Z0-9]{16}(?-u:\b)")),
    ("ASIA", NoWord, "aws-key", Any(r"[A-Z0-9]{16}(?-u:\b)")),
    ("ABIA", NoWord, "aws-key", Any(r"[A-Z0-9]{16}(?-u:\b)")),
    ("ACCA", NoWord, "aws-key", Any(r"[A-Z0-9]{16}(?-u:\b)")),
    ("ABSK", NoBase64, "aws-key", Mixed(r"(?:[A-Za-z0-9+]|\\?/){60,}={0,2}")),
    ("bedrock-api-key-", NoLetter, "aws-key", Mixed(r"(?:[A-Za-z0-9+_-]|\\?/|%[0-9A-Fa-f]{2}){20,}={0,2}")),
    ("SECRET_ACCESS_KEY", Anything, "aws-key", Any(AWS_SECRET)),
    ("secret_access_key", Anything, "aws-key", Any(AWS_SECRET)),
    ("SecretAccessKey", Anything, "aws-key", Any(AWS_SECRET)),
    ("secretAccessKey", Anything, "aws-key", Any(AWS_SECRET)),
    // Code hosting, packages, chat, payment.
    ("ghp_", NoWord, "github-token", Any("[A-Za-z0-9]{36}[A-Za-z0-9_]*")),
    ("gho_", NoWord, "github-token", Any("[A-Za-z0-9]{36}[A-Za-z0-9_]*")),
    ("ghu_", NoWord, "github-token", Any("[A-Za-z0-9]{36}[A-Za-z0-9_]*")),
    ("ghs_", NoWord, "github-token", Any("[A-Za-z0-9]{36}[A-Za-z0-9_]*")),
    ("ghr_", NoWord, "github-token", Any("[A-Za-z0-9]{36}[A-Za-z0-9_]*")),
    ("github_pat_", NoLetter, "github-token", Mixed("[A-Za-z0-9_]{22,}")),
    ("glpat-", NoLetter, "gitlab-token", Mixed(r"[A-Za-z0-9_-]{20,}(?:\.[0-9a-z]{2}\.[0-9a-z]{9,})?")),
    ("npm_", NoWord, "npm-token", Mixed(r"[A-Za-z0-9]{36}(?-u:\b)")),
    ("pypi-AgEI", NoLetter, "pypi-token", Any("[A-Za-z0-9_-]{16,}")),
    ("dckr_pat_", NoLetter, "docker-token", Mixed("[A-Za-z0-9_-]{20,}")),
    ("xox", NoWord, "slack-token", Mixed("[abeoprs]-[A-Za-z0-9-]{20,}")),
    ("xapp-", NoWord, "slack-token", Mixed("[0-9]-[A-Za-z0-9-]{20,}")),
    ("sk_live_", NoLetter, "stripe-key", Mixed("[A-Za-z0-9]{16,}")),
    ("sk_test_", NoLetter, "stripe-key", Mixed("[A-Za-z0-9]{16,}")),
    ("rk_live_", NoLetter, "stripe-key", Mixed("[A-Za-z0-9]{16,}")),
    ("SG.", NoBase64, "sendgrid-key", Mixed(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")),
    ("lin_api_", NoLetter, "linear-key", Mixed("[A-Za-z0-9]{32,}")),
    // Forms that belong to no one.
    ("eyJ", NoLetter, "jwt", Any(r"[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("Bearer ", NoLetter, "bearer", Mixed(BEARER)),
    ("bearer ", NoLetter, "bearer", Mixed(BEARER)),
    ("-----BEGIN", Anything, "pem", Pem),
];

/// An assignment in a shell, a settings file or JSON, escaped or not. The secret has no shape of its
/// own: forty characters of base64.
const AWS_SECRET: &str =
    r#"["'\\ \t]{0,8}[=:]["'\\ \t]{0,8}(?<secret>(?:[A-Za-z0-9+]|\\?/){40})(?:[^A-Za-z0-9+/=]|\z)"#;

/// A token in an `Authorization` line that is quoted in a text.
const BEARER: &str = " {0,3}(?<secret>[A-Za-z0-9._~+/-]{19,}[A-Za-z0-9_~+/-]={0,2})";
