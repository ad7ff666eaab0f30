//! Patterns with `*` and `?`: which texts they match, whether one covers another, whether two have a text in common.
//!
//! IAM's documentation leaves open whether a star inside an ARN reaches over a colon. Covering is therefore proven
//! field by field, which holds either way; having nothing in common is proven on the whole text, for the same reason.
//! A policy variable (`${aws:username}`) stands for any text, and what holds one covers nothing but its own spelling.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `${…}`: any text, colons among it.
    Variable,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

impl Glob {
    /// `*` and `?` have their meaning.
    pub(super) fn pattern(text: &str) -> Self {
        Self::read(text, true)
    }

    /// `*` and `?` are themselves; variables are filled in all the same.
    pub(super) fn literal(text: &str) -> Self {
        Self::read(text, false)
    }

    fn read(text: &str, wild: bool) -> Self {
        let mut tokens = Vec::with_capacity(text.len());
        // A run of wildcards in one order, so that `*?` and `?*` are one.
        let mut many = false;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((_, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
                flush(&mut many, &mut tokens);
                tokens.push(Token::Variable);
                rest = after;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '*' if wild => many = true,
                '?' if wild => tokens.push(Token::One),
                _ => {
                    flush(&mut many, &mut tokens);
                    tokens.push(Token::Char(c));
                }
            }
        }
        flush(&mut many, &mut tokens);
        Self(tokens)
    }

    /// Whether it holds a variable, whose value nobody knows here.
    pub(super) fn has_variable(&self) -> bool {
        self.0.contains(&Token::Variable)
    }

    /// Whether it is `*`.
    pub(super) fn is_all(&self) -> bool {
        self.0 == [Token::Many]
    }

    /// Whether it may match `text`: surely, where it has no variable.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<Token> = text.chars().map(Token::Char).collect();
        meet(&self.0, &text)
    }

    /// Whether it matches an ARN with no star reaching over a colon.
    pub(super) fn matches_by_field(&self, text: &str) -> bool {
        let text = Self(text.chars().map(Token::Char).collect());
        self.covers_by_field(&text)
    }

    /// Whether every text that `other` matches is matched. Proven where true; false says nothing.
    pub(super) fn covers(&self, other: &Self) -> bool {
        !self.has_variable() && cover(&self.0, &other.0)
    }

    /// [`Self::covers`] for ARNs, each of the six fields by itself; `*` covers whatever there is.
    pub(super) fn covers_by_field(&self, other: &Self) -> bool {
        if self.is_all() {
            return true;
        }
        let (wide, narrow) = (fields(&self.0), fields(&other.0));
        let movable =
            |fields: &[&[Token]]| fields.iter().take(FIELDS - 1).any(|field| field.contains(&Token::Variable));
        !self.has_variable()
            && wide.len() == FIELDS
            && narrow.len() == FIELDS
            && !movable(&narrow)
            && wide.iter().zip(&narrow).all(|(wide, narrow)| cover(wide, narrow))
    }

    /// Whether there may be a text that both match. False where it is proven that there is none.
    pub(super) fn meets(&self, other: &Self) -> bool {
        meet(&self.0, &other.0)
    }

    /// Texts that it matches, with `any`, one and the other character in place of what is open.
    pub(super) fn samples(&self) -> Vec<String> {
        [("any", 'a'), ("", 'q'), ("7", '7')]
            .into_iter()
            .map(|(many, one)| {
                let mut text = String::new();
                for token in &self.0 {
                    match token {
                        Token::Char(c) => text.push(*c),
                        Token::One => text.push(one),
                        Token::Many | Token::Variable => text.push_str(many),
                    }
                }
                text
            })
            .collect()
    }
}

/// The fields of an ARN: what stands behind the fifth colon is one.
const FIELDS: usize = 6;

fn flush(many: &mut bool, tokens: &mut Vec<Token>) {
    if std::mem::take(many) {
        tokens.push(Token::Many);
    }
}

fn fields(tokens: &[Token]) -> Vec<&[Token]> {
    tokens.splitn(FIELDS, |token| *token == Token::Char(':')).collect()
}

/// Every token of `narrow` is matched by one of its like, or taken by a star.
fn cover(wide: &[Token], narrow: &[Token]) -> bool {
    let (mut i, mut j) = (0, 0);
    let mut star = None;
    while let Some(there) = narrow.get(i) {
        match wide.get(j) {
            Some(Token::Many) => {
                star = Some((j, i));
                j += 1;
            }
            Some(token) if covers_one(*token, *there) => {
                i += 1;
                j += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (i, j) = (from + 1, at + 1);
            }
        }
    }
    wide.iter().skip(j).all(|token| *token == Token::Many)
}

fn covers_one(wide: Token, narrow: Token) -> bool {
    match (wide, narrow) {
        (Token::One, Token::Char(_) | Token::One) => true,
        (Token::Char(a), Token::Char(b)) => a == b,
        _ => false,
    }
}

/// Whether two patterns have a text in common: `row[j]` says it of what is left of `a` and of `b` from `j` on.
fn meet(a: &[Token], b: &[Token]) -> bool {
    let open = |token: &Token| matches!(token, Token::Many | Token::Variable);
    let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
    let mut below = vec![false; b.len() + 1];
    for left in std::iter::once(None).chain(a.iter().rev().map(Some)) {
        let mut row = vec![false; b.len() + 1];
        let mut behind = false;
        for (j, cell) in row.iter_mut().enumerate().rev() {
            *cell = match (left, b.get(j)) {
                (None, None) => true,
                (None, Some(right)) => open(right) && behind,
                (Some(left), None) => open(left) && at(&below, j),
                // What is open is at its end, or takes the other's next token.
                (Some(left), Some(right)) if open(left) || open(right) => at(&below, j) || behind,
                (Some(left), Some(right)) => {
                    (covers_one(*left, *right) || covers_one(*right, *left)) && at(&below, j + 1)
                }
            };
            behind = *cell;
        }
        below = row;
    }
    at(&below, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every text of up to six characters out of three, asked one by one.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..6 {
            last = last.iter().flat_map(|text| ['a', 'b', ':'].map(|c| format!("{text}{c}"))).collect();
            all.extend(last.clone());
        }
        all
    }

    /// Another way to match: what is left of the pattern against what is left of the text.
    fn plainly(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|taken| plainly(rest, &text[taken..])),
            [c, rest @ ..] => text.first().is_some_and(|t| *c == b'?' || c == t) && plainly(rest, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn covering_and_meeting_are_what_every_text_says(a in "[ab:*?]{0,5}", b in "[ab:*?]{0,5}") {
            let (wide, narrow) = (Glob::pattern(&a), Glob::pattern(&b));
            let (mut covered, mut met) = (true, false);
            for text in texts() {
                let (in_a, in_b) = (plainly(a.as_bytes(), text.as_bytes()), plainly(b.as_bytes(), text.as_bytes()));
                prop_assert_eq!(wide.matches(&text), in_a, "{} {}", a, text);
                covered &= in_a || !in_b;
                met |= in_a && in_b;
            }
            prop_assert!(!wide.covers(&narrow) || covered, "{} covers {}", a, b);
            prop_assert_eq!(wide.meets(&narrow), met, "{} meets {}", a, b);
        }
    }

    #[test]
    fn a_star_inside_an_arn_does_not_prove_anything_about_the_next_field() {
        let covers = |wide: &str, narrow: &str| Glob::pattern(wide).covers_by_field(&Glob::pattern(narrow));
        assert!(covers("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b"));
        assert!(covers("arn:*:s3:::b*", "arn:aws:s3:::b?/*"));
        assert!(covers("*", "*") && covers("*", "arn:aws:s3:::${aws:username}") && covers("**", "x"));
        assert!(covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}"));
        assert!(!covers("arn:aws:s3:*:b", "arn:aws:s3:::b") && !covers("arn:aws:s3*", "arn:aws:s3:::b"));
        assert!(!covers("arn:aws:s3:*::b", "arn:aws:s3:${aws:x}::b"));
        assert!(!covers("arn:aws:s3:::${aws:username}", "arn:aws:s3:::a"));
    }

    #[test]
    fn samples_are_matched() {
        for pattern in ["*", "arn:aws:s3:::b/*/?", "s3:get*", "??"] {
            for sample in Glob::pattern(pattern).samples() {
                assert!(Glob::pattern(pattern).matches(&sample), "{pattern} {sample}");
            }
        }
    }
}
