//! How long each session is, and how large its texts are.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};

use crate::random::Random;

/// What a store is made of.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) sessions: u64,
    pub(crate) turns: RangeInclusive<u64>,
    /// How large texts are beside those of a coding agent at work.
    pub(crate) scale: f64,
}

impl Plan {
    /// The turns of a session: short ones are many. The first few sessions say what all are like.
    pub(crate) fn turns_of(&self, session: u64) -> u64 {
        // The golden ratio's multiples fill the span evenly, wherever one stops.
        let place = (session as f64 * 0.618_033_988_749_895 + 0.37).fract();
        let (least, most) = (*self.turns.start() as f64, *self.turns.end() as f64);
        (least * ((most + 1.0) / least).powf(place)) as u64
    }

    pub(crate) fn random_of(&self, session: u64) -> Random {
        Random::of(self.seed, session)
    }

    /// Bytes from `least` to `most` at full scale; never so few that there is no text left.
    pub(crate) fn bytes(&self, random: &mut Random, least: u64, most: u64) -> u64 {
        ((random.skewed(least, most) as f64 * self.scale) as u64).max(24)
    }

    /// Sets the scale at which all sessions together have some `bytes`; `size_of` tells a session's size.
    pub(crate) fn scale_to(mut self, bytes: u64, size_of: impl Fn(&Self, u64) -> u64) -> Self {
        const SAMPLE: u64 = 30;
        let sample = self.sessions.min(SAMPLE);
        let share = bytes as f64 / self.sessions as f64 * sample as f64;
        let (mut least, mut most) = (0.001_f64, 50.0_f64);
        for _ in 0..10 {
            self.scale = (least * most).sqrt();
            let size: u64 = (0..sample).map(|session| size_of(&self, session)).sum();
            if (size as f64) < share { least = self.scale } else { most = self.scale }
        }
        self
    }
}

/// `20` or `1..40`.
pub(crate) fn turns(text: &str) -> Result<RangeInclusive<u64>> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let range = least.parse()?..=most.parse()?;
    ensure!(*range.start() > 0 && range.start() <= range.end(), "from 1 on");
    Ok(range)
}

/// `200kB`, `1GB`; without a unit bytes.
pub(crate) fn bytes(text: &str) -> Result<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        unit => return Err(anyhow!("unknown unit `{unit}`")),
    };
    Ok((digits.parse::<f64>()? * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_as_many_turns_as_was_asked_for_and_most_are_short() {
        let plan = Plan { seed: 1, sessions: 1000, turns: 1..=40, scale: 1.0 };
        let mut all: Vec<u64> = (0..1000).map(|session| plan.turns_of(session)).collect();
        all.sort_unstable();
        assert_eq!((all[0], all[999]), (1, 40));
        assert!((5..=8).contains(&all[500]), "{}", all[500]);
        let exact = Plan { turns: 500..=500, ..plan };
        assert!((0..1000).all(|session| exact.turns_of(session) == 500));
    }

    #[test]
    fn sizes_and_turns_are_read() {
        assert_eq!(turns("1..40").unwrap(), 1..=40);
        assert_eq!(turns("7").unwrap(), 7..=7);
        assert_eq!((bytes("0.1GB").unwrap(), bytes("12").unwrap()), (100_000_000, 12));
        for text in ["0", "5..1", "x", ""] {
            assert!(turns(text).is_err(), "{text}");
        }
        assert!(bytes("1TB").is_err());
    }
}
