//! Advice for a role that lacks a right on a table.

/// Advice for the server's message, if it is one about a right on a table. Others may be missing, too, so the command that
/// prints all of them comes first.
pub(super) fn advice(text: &str) -> Option<String> {
    const SIGNS: [&str; 2] = [
        "permission denied for table",
        "permission denied for relation",
    ];
    let mut behind = SIGNS
        .iter()
        .filter_map(|sign| Some(text.split_once(sign)?.1));
    let table = behind.next()?.lines().next().unwrap_or_default().trim();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let table = match table {
        // The message was in another language.
        "" => "runs".to_owned(),
        table if table.chars().all(is_plain) => table.to_owned(),
        table => format!("\"{}\"", table.replace('"', "\"\"")),
    };
    Some(format!(
        "have the owner of the table run, for ROLE, the user of this connection, the SQL of `wallow grants analyst --role \
         ROLE` (to read) or `wallow grants worker --role ROLE` (to write, too); the right on this table alone is `GRANT \
         SELECT ON {table} TO ROLE` or `GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO ROLE`"
    ))
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn the_table_of_the_message_is_in_the_statement() {
        for (text, grant) in [
            (
                "permission denied for table _wallow_attempts",
                "`GRANT SELECT ON _wallow_attempts TO ROLE`",
            ),
            (
                "ERROR: permission denied for relation My Runs\nCONTEXT: x",
                "`GRANT SELECT ON \"My Runs\" TO ROLE`",
            ),
            (
                "permission denied for table",
                "`GRANT SELECT ON runs TO ROLE`",
            ),
        ] {
            let advice = advice(text).unwrap();
            assert!(advice.contains(grant), "{advice}");
        }
        assert_eq!(advice("permission denied for schema public"), None);
    }
}
