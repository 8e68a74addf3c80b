//! Expressions of a schema that is compiled into the program, read from text.

use std::str::FromStr;

use wallow_schema::Diagnostics;

use crate::codegen_support::Record;
use crate::expr::{Expr, parse_node};

impl<R: Record> Expr<R> {
    /// Reads an expression, such as `status == "completed" and val_loss < 0.3`.
    ///
    /// # A condition from a config file
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// use registry::Run;
    /// use wallow::Expr;
    ///
    /// let condition = Expr::<Run>::parse(r#"status == "completed" and val_loss < 0.3"#)?;
    /// assert_eq!(store.filter(condition).count()?, 0);
    ///
    /// let error = Expr::<Run>::parse("val_los < 0.3").unwrap_err();
    /// assert!(error.to_string().contains("did you mean"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not an expression, or does not fit the schema: with the position, and a suggestion.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let schema = R::schema().get().map_err(|error| {
            Diagnostics::of(text, "expression", 0..text.len(), error.to_string(), "")
        })?;
        parse_node(schema, text).map(Expr::new)
    }
}

impl<R: Record> FromStr for Expr<R> {
    type Err = Diagnostics;

    fn from_str(text: &str) -> Result<Self, Diagnostics> {
        Expr::parse(text)
    }
}
