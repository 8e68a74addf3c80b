//! What the statement of a table says beyond its columns, types, defaults and `NULL`, and what no pragma lists.
//!
//! What enters: the text in `sqlite_master`. What leaves: the clauses that a new table of wallow would not have. Words in
//! strings, quoted names and comments are no clauses.

/// A collation other than `BINARY`.
pub(super) const COLLATE: &str = "COLLATE";

/// The clauses of a `CREATE TABLE`, each once, in the order of the text.
pub(super) fn of_table(sql: &str) -> Vec<String> {
    let words = words(sql);
    let mut found = Vec::<String>::new();
    for (index, word) in words.iter().enumerate() {
        let is = |at: usize, other: &str| {
            let word = words.get(at);
            word.is_some_and(|word| word.text.eq_ignore_ascii_case(other))
        };
        let clause = match &*word.text.to_ascii_uppercase() {
            "CHECK" => "CHECK",
            "REFERENCES" => "REFERENCES",
            // No other `AS` is left in the text of a table.
            "AS" => "GENERATED",
            COLLATE if !is(index + 1, "BINARY") => COLLATE,
            "AUTOINCREMENT" => "AUTOINCREMENT",
            "CONFLICT" if index > 0 && is(index - 1, "ON") => "ON CONFLICT",
            // Columns may have these names.
            "STRICT" if word.depth == 0 => "STRICT",
            "ROWID" if word.depth == 0 => "WITHOUT ROWID",
            _ => continue,
        };
        if !found.iter().any(|other| other == clause) {
            found.push(clause.to_owned());
        }
    }
    found
}

/// A word that is neither quoted nor in a comment.
struct Word<'s> {
    text: &'s str,
    /// How many parentheses are open.
    depth: usize,
}

fn words(sql: &str) -> Vec<Word<'_>> {
    let (mut words, mut depth, mut rest) = (Vec::new(), 0_usize, sql);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => until(rest, "]"),
            '-' if rest.starts_with("--") => until(rest, "\n"),
            '/' if rest.starts_with("/*") => 2 + until(&rest[2..], "*/"),
            _ if is_of_word(first) => {
                let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                let text = &rest[..length];
                words.push(Word { text, depth });
                length
            }
            _ => {
                match first {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    words
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length up to the end of a text in quotes, in which a doubled quote is a quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut end = 1;
    loop {
        match text[end..].find(quote) {
            None => return text.len(),
            Some(at) => end += at + 1,
        }
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
}

/// The length up to and including the first of this sign.
fn until(text: &str, sign: &str) -> usize {
    text.find(sign).map_or(text.len(), |at| at + sign.len())
}

#[cfg(test)]
mod tests {
    use super::of_table;

    #[test]
    fn clauses_are_words_outside_of_quotes_and_comments() {
        for (columns, expected) in [
            ("a TEXT NOT NULL DEFAULT 'x', \"b\" REAL", ""),
            ("a INTEGER PRIMARY KEY AUTOINCREMENT", "AUTOINCREMENT"),
            ("a TEXT check(a<>''), check (a > 'b')", "CHECK"),
            ("a TEXT COLLATE binary, b TEXT collate NoCase", "COLLATE"),
            (
                "a INT REFERENCES b (c) ON DELETE SET NULL, d INT UNIQUE ON CONFLICT IGNORE",
                "REFERENCES, ON CONFLICT",
            ),
            ("a INT, b INT AS (a + 1)", "GENERATED"),
            ("a INT GENERATED ALWAYS AS (1) STORED", "GENERATED"),
            ("a TEXT DEFAULT 'please CHECK (this), it''s AS it is'", ""),
            ("\"a CHECK\" TEXT, [b COLLATE] INT, `c AS` INT", ""),
            ("a \"x\"\" CHECK\" DEFAULT 'é', checks INT", ""),
            ("a INT -- REFERENCES b\n, c INT /* CHECK * / */", ""),
            ("strict INT, rowid INT, conflict INT, generated INT", ""),
            ("a INT -- CHECK", ""),
        ] {
            let sql = format!("CREATE TABLE runs ({columns})");
            assert_eq!(of_table(&sql).join(", "), expected, "{sql}");
        }
        let sql = "CREATE TABLE runs (a INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID";
        assert_eq!(of_table(sql), ["STRICT", "WITHOUT ROWID"]);
        for cut in ["CREATE TABLE runs (a '", "x /*", "x --", "[", "\"a\"\""] {
            assert_eq!(of_table(cut), [] as [&str; 0]);
        }
    }
}
