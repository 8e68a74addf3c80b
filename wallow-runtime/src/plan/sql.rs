//! A statement's text with the places of its binds.

/// SQL text, cut where the binds go; the backend writes its own placeholder into each cut.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sql {
    /// The text up to the first bind, and after each bind.
    pieces: Vec<String>,
    kept: bool,
}

impl Sql {
    pub(crate) fn new() -> Self {
        Sql {
            pieces: vec![String::new()],
            kept: true,
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        if let Some(piece) = self.pieces.last_mut() {
            piece.push_str(text);
        }
        self
    }

    pub(crate) fn bind(&mut self) -> &mut Self {
        self.pieces.push(String::new());
        self
    }

    /// Puts another text behind this one, with its binds.
    pub(crate) fn append(&mut self, other: &Sql) -> &mut Self {
        let mut pieces = other.pieces();
        self.push(pieces.next().unwrap_or_default());
        for piece in pieces {
            self.bind().push(piece);
        }
        self.kept &= other.kept;
        self
    }

    /// Writes each item through `write`, with `separator` between them.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            write(self, item);
        }
        self
    }

    /// Asks that the statement is not kept prepared: one of very many shapes.
    pub(crate) fn forget_after_use(&mut self) {
        self.kept = false;
    }

    /// Whether the prepared statement is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept
    }

    /// The pieces of text before, between and after the binds: one more than there are binds.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_stand_between_pieces() {
        let mut sql = Sql::new();
        sql.push("a = ")
            .bind()
            .push(" and b in (")
            .list([1, 2], ", ", |sql, _| {
                sql.bind();
            });
        let mut whole = Sql::new();
        sql.push(")");
        whole.append(&sql);
        assert_eq!(whole, sql);
        assert_eq!(
            sql.pieces().collect::<Vec<_>>(),
            ["a = ", " and b in (", ", ", ")"]
        );
    }
}
