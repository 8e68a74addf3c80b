//! Numbers with separators on which programs disagree: `1,000` is one thousand in some countries and one in others.

use super::super::decimal::Decimal;

/// Characters that may separate groups of three digits.
const GROUPS: [char; 6] = [',', '.', '_', '\'', ' ', '\u{a0}'];

/// Advice for a number with a comma, or with separated thousands; `None` if the text is neither.
pub(super) fn advice(text: &str) -> Option<String> {
    let plain = |text: &str| {
        let text = text.replace(',', ".");
        Decimal::parse(&text).map(|_| text)
    };
    let decimal = text.contains(',').then(|| plain(text)).flatten();
    match (grouped(text), decimal) {
        (None, None) => None,
        (None, Some(decimal)) => Some(format!(
            "; a comma separates no decimals here, write `{decimal}`"
        )),
        (Some(grouped), None) => Some(format!(
            "; thousands are not separated here, write `{grouped}`"
        )),
        (Some(grouped), Some(decimal)) => Some(format!(
            "; it may be thousands or decimals, so write `{grouped}` or `{decimal}`"
        )),
    }
}

/// The number without the separators of its thousands and with a decimal point, if these separate groups of three
/// digits.
fn grouped(text: &str) -> Option<String> {
    let separator = text.chars().find(|char| GROUPS.contains(char))?;
    let (whole, fraction) = match text.rfind([',', '.']) {
        // If one of the two separates thousands, the other is the decimal separator.
        Some(at) if !text[at..].starts_with(separator) => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let (sign, digits) = match whole.strip_prefix(['+', '-']) {
        Some(digits) => (&whole[..1], digits),
        None => ("", whole),
    };
    let mut groups = digits.split(separator);
    let first = groups.next()?;
    let groups = groups.collect::<Vec<_>>();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_number(first)
        && first.len() <= 3
        && !groups.is_empty()
        && groups
            .iter()
            .all(|group| group.len() == 3 && is_number(group));
    let mut number = format!("{sign}{first}{}", groups.concat());
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(fraction);
    }
    (fits && Decimal::parse(&number).is_some()).then_some(number)
}

#[cfg(test)]
mod tests {

    #[test]
    fn what_may_be_meant_is_named() {
        for (text, advice) in [
            (
                "0,5",
                Some("; a comma separates no decimals here, write `0.5`"),
            ),
            (
                "1,5e-3",
                Some("; a comma separates no decimals here, write `1.5e-3`"),
            ),
            (
                "1234,5",
                Some("; a comma separates no decimals here, write `1234.5`"),
            ),
            (
                "1,000",
                Some("; it may be thousands or decimals, so write `1000` or `1.000`"),
            ),
            (
                "-12,345",
                Some("; it may be thousands or decimals, so write `-12345` or `-12.345`"),
            ),
            (
                "1,000,000",
                Some("; thousands are not separated here, write `1000000`"),
            ),
            (
                "1,234.5",
                Some("; thousands are not separated here, write `1234.5`"),
            ),
            (
                "1.234,5",
                Some("; thousands are not separated here, write `1234.5`"),
            ),
            (
                "1.000.000",
                Some("; thousands are not separated here, write `1000000`"),
            ),
            (
                "1_000",
                Some("; thousands are not separated here, write `1000`"),
            ),
            (
                "1 000,5",
                Some("; thousands are not separated here, write `1000.5`"),
            ),
            (
                "1'000",
                Some("; thousands are not separated here, write `1000`"),
            ),
            ("1,00,000", None),
            ("1,2,3", None),
            ("a,b", None),
            (",", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(super::advice(text).as_deref(), advice, "{text}");
        }
    }
}
