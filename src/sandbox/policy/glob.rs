//! IAM's wildcards: `*` for any run of characters, `?` for any one.

/// Whether `text` is of the shape `pattern`. Case counts; callers fold it where IAM does.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (mut rest_of_pattern, mut rest) = (pattern.as_bytes(), text.as_bytes());
    // Where to go on from when the last `*` must swallow one character more.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (rest_of_pattern.split_first(), rest.split_first()) {
            (Some((b'*', after)), _) => {
                star = Some((after, rest));
                rest_of_pattern = after;
            }
            (Some((wanted, after)), Some((found, more))) if *wanted == b'?' || wanted == found => {
                (rest_of_pattern, rest) = (after, more);
            }
            (None, None) => return true,
            _ => match star {
                Some((after, swallowed)) => {
                    let Some((_, fewer)) = swallowed.split_first() else { return false };
                    star = Some((after, fewer));
                    (rest_of_pattern, rest) = (after, fewer);
                }
                None => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_what_iam_says() {
        for (pattern, text) in
            [("*", ""), ("*", "x"), ("a*c", "abbc"), ("a*b*c", "axxbyybc"), ("a?c", "abc"), ("iam:get*", "iam:getrole")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("a?c", "ac"), ("a*c", "abcd"), ("A", "a"), ("role/x", "role/xy")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
