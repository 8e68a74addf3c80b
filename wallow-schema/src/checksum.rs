//! A short checksum that shows whether a text was edited.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The FNV-1a checksum of a text, in 16 hexadecimal digits. It finds edits, not forgeries.
///
/// Line ends are ignored, because git changes them on some machines.
pub(crate) fn checksum(text: &str) -> String {
    let sum = text
        .replace("\r\n", "\n")
        .bytes()
        .fold(OFFSET, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(PRIME)
        });
    format!("{sum:016x}")
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_sum_is_that_of_the_books() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_eq!(checksum("a"), "af63dc4c8601ec8c");
        assert_eq!(checksum("foobar"), "85944171f73967e8");
    }

    #[test]
    fn line_ends_do_not_count() {
        assert_eq!(checksum("a\r\nb\r\n"), checksum("a\nb\n"));
        assert_ne!(checksum("a\nb"), checksum("a\nb\n"));
    }
}
