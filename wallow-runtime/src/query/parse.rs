//! Expressions of a schema that is compiled into the program, read from text.

use std::str::FromStr;

use wallow_schema::Diagnostics;

use crate::codegen_support::Record;
use crate::expr::Expr;
use crate::expr::parse_node;

impl<R: Record> Expr<R> {
    /// Reads an expression, such as `status == "completed" and val_loss < 0.3`.
    ///
    /// # Errors
    /// Where it is none, or does not fit the schema: with the place, and what was probably meant.
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
