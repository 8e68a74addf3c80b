//! The text of a statement with the places of its binds, and of the check that the table is the one that the statement
//! was made for.

/// SQL text, split at the places of the binds. The backend writes its own placeholder into each.
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
    /// The last bind once more.
    SameBind,
    /// The check of the table begins here. Its text is the connection's, see
    /// [`TableCheck`](crate::backend::TableCheck).
    CheckBegin,
    /// The check ends here.
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

    /// The value of the last bind once more, so that a value that a statement needs twice is bound once.
    pub(crate) fn same_bind(&mut self) -> &mut Self {
        self.parts.push(Part::SameBind);
        self
    }

    /// Makes the statement fail if the table is not the one that it was made for. What is pushed until
    /// [`end_check`](Self::end_check) has to be a value on the right of a comparison; after that, only ` AND` or the
    /// end of the condition may follow.
    pub(crate) fn begin_check(&mut self) -> &mut Self {
        self.parts.push(Part::CheckBegin);
        self
    }

    /// Ends the value.
    pub(crate) fn end_check(&mut self) -> &mut Self {
        self.parts.push(Part::CheckEnd);
        self
    }

    /// Appends another text, with its binds.
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

    /// Marks the statement as one of very many shapes, so that it is not kept prepared.
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

    /// How a statement begins that deletes runs and reads them in the part `gone`.
    pub(crate) const GONE: &str = "WITH \"gone\" AS (";

    /// Whether the statement deletes rows.
    pub(crate) fn deletes(&self) -> bool {
        let deletes = |text: &str| text.starts_with("DELETE") || text.starts_with(Self::GONE);
        matches!(self.parts.first(), Some(Part::Text(text)) if deletes(text))
    }

    /// The text without what goes into it.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Bind | Part::SameBind | Part::CheckBegin | Part::CheckEnd => "",
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
