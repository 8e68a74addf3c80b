//! Makes a failing input smaller while it still fails.

/// Removes pieces, then simplifies bytes, as long as `fails` returns true. It calls `fails` at most `left` times.
pub fn minimise(input: &[u8], mut left: usize, mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = input.to_vec();
    let mut ask = |candidate: &[u8]| {
        left > 0 && {
            left -= 1;
            fails(candidate)
        }
    };
    let mut size = best.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < best.len() {
            let end = (start + size).min(best.len());
            let candidate = [&best[..start], &best[end..]].concat();
            if ask(&candidate) {
                best = candidate;
            } else {
                start = end;
            }
        }
        size /= 2;
    }
    for place in 0..best.len() {
        for plain in [b'a', b'0', b' '] {
            if best[place] == plain {
                break;
            }
            let mut candidate = best.clone();
            candidate[place] = plain;
            if ask(&candidate) {
                best = candidate;
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::minimise;

    #[test]
    fn what_is_left_is_what_it_takes() {
        let has_both = |input: &[u8]| input.contains(&b'x') && input.contains(&b'y');
        let input = b"a long text with an x, and at some other place a y, and more";
        assert_eq!(minimise(input, 10_000, has_both), b"xy");
        assert_eq!(minimise(b"many", 10_000, |input| input.len() > 2), b"aaa");
        assert_eq!(minimise(b"no", 0, |_| true), b"no");
    }
}
