use super::list::PriceList;
use super::*;
use Provider::{Anthropic, Bedrock, Gemini, OpenAi};

const BEDROCK: &str = "bedrock-runtime.us-east-1.amazonaws.com";

fn at(time: &str) -> Timestamp {
    Timestamp::parse(time).unwrap()
}

fn usage(input: u64, output: u64) -> Usage {
    Usage { input_tokens: Some(input), output_tokens: Some(output), ..Usage::default() }
}

fn nanousd(provider: Provider, upstream: &str, model: &str, usage: Usage) -> Option<i64> {
    cost(provider, upstream, model, at("2026-11-23T03:08:29Z"), usage).map(|cost| cost.nanousd)
}

#[test]
fn the_embedded_list_can_be_read() {
    let json = include_str!("data/genai-prices.json");
    let list = PriceList::parse(json).unwrap();
    assert!(version().starts_with(&format!("{}/", list.version)), "{}", version());
    assert!(list.providers.iter().all(|seller| !seller.models.is_empty()));
    let notice = include_str!("data/NOTICE");
    assert!(notice.contains(&format!("Version: {} ", list.version)), "the notice is of another version");
}

#[test]
fn models_cost_what_their_providers_list() {
    // 1,000 tokens in and 100 out; in the comment what a million of each costs.
    for (provider, upstream, model, expected) in [
        (Anthropic, "api.anthropic.com", "claude-opus-4-5-20251101", 7_500_000), // $5, $25
        (Anthropic, "api.anthropic.com", "claude-opus-4-1-20250805", 22_500_000), // $15, $75
        (Anthropic, "api.anthropic.com", "claude-opus-5-5", 6_000_000),          // $4, $20
        (Anthropic, "api.anthropic.com", "claude-sonnet-4-5-20250929", 4_500_000), // $3, $15
        (Anthropic, "api.anthropic.com", "claude-sonnet-5-5-20261001", 3_000_000), // $2, $10
        (Anthropic, "api.anthropic.com", "claude-haiku-4-5-20251001", 1_500_000), // $1, $5
        (Anthropic, "api.anthropic.com", "claude-3-5-haiku-latest", 1_200_000),  // $0.80, $4
        (OpenAi, "api.openai.com", "gpt-5.2", 3_150_000),                        // $1.75, $14
        (OpenAi, "api.openai.com", "gpt-5.2-20251211", 3_150_000), // the same, as gateways write it
        (OpenAi, "api.openai.com", "gpt-5.1-codex", 2_250_000),    // $1.25, $10
        (OpenAi, "api.openai.com:443", "gpt-4o-2024-11-20", 3_500_000), // $2.50, $10
        (Gemini, "generativelanguage.googleapis.com", "gemini-2.5-pro", 2_250_000), // $1.25, $10
        (OpenAi, "generativelanguage.googleapis.com", "models/gemini-2.5-flash", 550_000), // $0.30, $2.50
        (Gemini, "generativelanguage.googleapis.com", "gemini-3-pro-preview", 3_200_000), // $2, $12
        (Anthropic, "us-east5-aiplatform.googleapis.com", "claude-opus-4-1@20250805", 22_500_000), // Anthropic's
        // A tenth more than Anthropic itself, unless the answer may come from anywhere.
        (Bedrock, BEDROCK, "anthropic.claude-sonnet-4-5-20250929-v1:0", 4_950_000),
        (Bedrock, BEDROCK, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 4_950_000),
        (Bedrock, BEDROCK, "global.anthropic.claude-sonnet-4-5-20250929-v1:0", 4_500_000),
        (
            Bedrock,
            "bedrock-runtime-fips.us-east-1.amazonaws.com",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
            1_650_000, // $1.10, $5.50
        ),
        (OpenAi, "openrouter.ai", "anthropic/claude-opus-4.5", 7_500_000),
        (OpenAi, "openrouter.ai", "Anthropic/Claude-Sonnet-4.5", 4_500_000),
        (OpenAi, "api.groq.com", "openai/gpt-oss-120b", 210_000), // $0.15, $0.60
    ] {
        assert_eq!(
            nanousd(provider, upstream, model, usage(1_000, 100)),
            Some(expected),
            "{upstream} {model}"
        );
    }
}

#[test]
fn what_the_list_does_not_have_is_not_guessed() {
    for (provider, upstream, model) in [
        (Anthropic, "api.anthropic.com", "claude-unheard-of"),
        (Anthropic, "api.anthropic.com", ""),
        (OpenAi, "api.openai.com", "claude-opus-4-5"),
        (OpenAi, "api.openai.com", "gpt-5.2-20251399"),
        (OpenAi, "127.0.0.1:11434", "gpt-5.2"),
        (OpenAi, "chatgpt.com", "gpt-5.2"),
        (Anthropic, "gateway.example.com", "claude-opus-4-5"),
        (Bedrock, "127.0.0.1:4566", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (Bedrock, BEDROCK, "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"),
        // Its pictures have a price that is no text's.
        (Gemini, "generativelanguage.googleapis.com", "gemini-2.5-flash-image"),
    ] {
        assert_eq!(nanousd(provider, upstream, model, usage(1_000, 100)), None, "{upstream} {model}");
    }
}

#[test]
fn every_kind_of_token_has_its_price() {
    let usage = Usage {
        input_tokens: Some(10),
        output_tokens: Some(500),
        cache_read_tokens: Some(20_000),
        cache_write_tokens: Some(3_000),
        cache_write_1h_tokens: Some(1_000),
        reasoning_tokens: Some(400),
    };
    let cost =
        cost(Anthropic, "api.anthropic.com", "claude-opus-4-5", at("2026-11-23T00:00:00Z"), usage).unwrap();
    let parts: Vec<_> =
        cost.parts.iter().map(|part| (part.what, part.tokens, part.usd_per_million())).collect();
    let expected = [
        ("input", 10, 5.0),
        ("cache_read", 20_000, 0.5),
        ("cache_write", 2_000, 6.25),
        ("cache_write_1h", 1_000, 10.0),
        ("output", 500, 25.0),
    ];
    assert_eq!(parts, expected);
    // 50 + 10,000 + 12,500 + 10,000 + 12,500 millionths of a dollar.
    assert_eq!(cost.nanousd, 45_050_000);
    let sum: f64 = cost.parts.iter().map(CostPart::cost_usd).sum();
    assert!((sum - usd(cost.nanousd)).abs() < 1e-12, "{sum}");
}

#[test]
fn cached_tokens_without_a_price_cost_what_all_input_does_but_an_hour_is_not_guessed() {
    let read = Usage { cache_read_tokens: Some(1_000), ..usage(0, 0) };
    assert_eq!(nanousd(OpenAi, "api.openai.com", "gpt-5.2", read), Some(175_000));
    assert_eq!(nanousd(OpenAi, "api.openai.com", "gpt-4", read), Some(30_000_000));
    let written = Usage { cache_write_tokens: Some(1_000), ..usage(0, 0) };
    assert_eq!(nanousd(OpenAi, "openrouter.ai", "anthropic/claude-opus-4.5", written), Some(6_250_000));
    let for_an_hour = Usage { cache_write_1h_tokens: Some(1), ..written };
    assert_eq!(nanousd(OpenAi, "openrouter.ai", "anthropic/claude-opus-4.5", for_an_hour), None);
    assert_eq!(nanousd(OpenAi, "api.openai.com", "gpt-4", for_an_hour), Some(30_000_000));
}

#[test]
fn what_was_not_told_is_not_free() {
    let only_reasoning = Usage { reasoning_tokens: Some(9), ..Usage::default() };
    for usage in [Usage::default(), only_reasoning] {
        assert_eq!(nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", usage), None);
    }
    let cut = Usage { input_tokens: Some(1_000), ..Usage::default() };
    assert_eq!(nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", cut), Some(5_000_000));
    assert_eq!(nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", usage(0, 0)), Some(0));
    // Embeddings have no price for output.
    assert_eq!(nanousd(OpenAi, "api.openai.com", "text-embedding-3-small", cut), Some(20_000));
    assert_eq!(nanousd(OpenAi, "api.openai.com", "text-embedding-3-small", usage(1_000, 1)), None);
}

#[test]
fn a_long_input_has_the_higher_price_for_all_of_it() {
    let sonnet = |usage| nanousd(Anthropic, "api.anthropic.com", "claude-sonnet-4-5", usage);
    assert_eq!(sonnet(usage(200_000, 1_000)), Some(615_000_000)); // $3, $15
    assert_eq!(sonnet(usage(200_001, 1_000)), Some(1_222_506_000)); // $6, $22.50
    // What was cached makes the input long, too.
    let cached = Usage { cache_read_tokens: Some(200_000), ..usage(1, 0) };
    assert_eq!(sonnet(cached), Some(120_006_000)); // $0.60, $6
}

#[test]
fn prices_hold_from_their_day_on_and_at_their_hours() {
    let opus = |time| {
        let cost = cost(Anthropic, "api.anthropic.com", "claude-opus-4-6", at(time), usage(300_000, 0));
        cost.unwrap().nanousd
    };
    assert_eq!(opus("2026-03-12T23:59:59.999Z"), 3_000_000_000);
    assert_eq!(opus("2026-03-13T00:00:00Z"), 1_500_000_000);
    assert_eq!(opus("2026-03-13T00:30:00+01:00"), 3_000_000_000, "days are those of UTC");
    let deepseek = |time| {
        let cost = cost(OpenAi, "api.deepseek.com", "deepseek-chat", at(time), usage(1_000_000, 0));
        cost.unwrap().nanousd
    };
    assert_eq!(deepseek("2026-11-23T00:29:59Z"), 135_000_000);
    assert_eq!(deepseek("2026-11-23T00:30:00Z"), 270_000_000);
    assert_eq!(deepseek("2026-11-23T16:29:59Z"), 270_000_000);
    assert_eq!(deepseek("2026-11-23T16:30:00Z"), 135_000_000);
}

#[test]
fn numbers_that_no_answer_has_are_not_believed() {
    let all = Usage {
        input_tokens: Some(u64::MAX),
        output_tokens: Some(u64::MAX),
        cache_read_tokens: Some(u64::MAX),
        cache_write_tokens: Some(u64::MAX),
        cache_write_1h_tokens: Some(u64::MAX),
        reasoning_tokens: Some(u64::MAX),
    };
    assert_eq!(nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", all), None);
    assert_eq!(
        nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", usage(0, 400_000_000)),
        Some(10_000_000_000_000)
    );
    assert_eq!(nanousd(Anthropic, "api.anthropic.com", "claude-opus-4-5", usage(1, 400_000_000)), None);
}

#[test]
fn all_patterns_of_the_list_are_regular_expressions() {
    fn patterns(value: &serde_json::Value, found: &mut Vec<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let is_pattern = matches!(name.as_str(), "regex" | "api_pattern");
            found.extend(value.as_str().filter(|_| is_pattern).map(str::to_owned));
            patterns(value, found);
        }
        value.as_array().into_iter().flatten().for_each(|value| patterns(value, found));
    }
    let mut found = Vec::new();
    patterns(&serde_json::from_str(super::list::JSON).unwrap(), &mut found);
    assert!(found.len() > 50, "{} patterns", found.len());
    for pattern in found {
        assert!(regex::Regex::new(&pattern).is_ok(), "{pattern}");
    }
}

#[test]
fn a_list_with_a_mistake_is_no_list() {
    let list = |prices: &str| {
        PriceList::parse(&format!(
            r#"{{"source":"s","version":"1","date":"d","providers":[{{"id":"a","api_pattern":"b","fallback_model_providers":[],
                "models":[{{"id":"c","match":{{"equals":"c"}},"prices":[{{"prices":{prices}}}]}}]}}]}}"#
        ))
    };
    assert!(list(r#"{"input_mtok":1}"#).is_ok());
    for wrong in [
        r#"{"input_mtok":-1}"#,
        r#"{"input_mtok":"1"}"#,
        r#"{"input_audio_mtok":1}"#,
        r#"{"input_mtok":1e9}"#,
    ] {
        assert!(list(wrong).is_err(), "{wrong}");
    }
}
