//! A statement's text with the places of its binds, and of the check that the table is the one it was made for.

/// SQL text, cut where the binds go; the backend writes its own placeholder into each cut.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sql {
    /// Texts, and what goes between them.
    parts: Vec<Part>,
    kept: bool,
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    /// The next bind.
    Bind,
    /// Where the check of the table begins: the text is the connection's, see
    /// [`TableCheck`](crate::backend::TableCheck).
    CheckBegin,
    /// Where it ends.
    CheckEnd,
}

impl Sql {
    pub(crate) fn new() -> Self {
        Sql {
            parts: Vec::new(),
            kept: true,
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
        self
    }

    pub(crate) fn bind(&mut self) -> &mut Self {
        self.parts.push(Part::Bind);
        self
    }

    /// Makes the statement one that fails if the table is not the one that it was made for: what comes up to
    /// [`end_check`](Self::end_check) is a value, on the right of a comparison; behind it ` AND` can follow, or
    /// the end of the condition.
    pub(crate) fn begin_check(&mut self) -> &mut Self {
        self.parts.push(Part::CheckBegin);
        self
    }

    /// Ends the value.
    pub(crate) fn end_check(&mut self) -> &mut Self {
        self.parts.push(Part::CheckEnd);
        self
    }

    /// Puts another text behind this one, with its binds.
    pub(crate) fn append(&mut self, other: &Sql) -> &mut Self {
        for part in &other.parts {
            match part {
                Part::Text(text) => drop(self.push(text)),
                cut => self.parts.push(cut.clone()),
            }
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

    /// The texts, and what goes between them, in order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text without what goes into it.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Bind | Part::CheckBegin | Part::CheckEnd => "",
        });
        texts.collect()
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
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(
            sql.parts(),
            [
                text("a = "),
                Part::Bind,
                text(" and b in ("),
                Part::Bind,
                text(", "),
                Part::Bind,
                text(")")
            ]
        );
    }
}
