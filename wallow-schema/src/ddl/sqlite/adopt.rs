//! Adoption is a rebuild, because SQLite can drop a unique constraint in no other way.

use super::literal;
use super::rebuild;
use crate::column::Column;
use crate::ddl::adopt::TITLE;
use crate::ddl::quote_identifier;
use crate::ddl::script::Block;
use crate::schema::{ATTEMPT, BUILT_IN, Schema};

/// The blocks; `is_there` says whether the table has a column.
pub(crate) fn adopt(schema: &Schema, is_there: &impl Fn(&str) -> bool) -> Vec<Block> {
    let own = BUILT_IN.into_iter().chain([ATTEMPT]).map(|name| {
        let value = match name {
            _ if is_there(name) => quote_identifier(name),
            "uuid" => "lower(hex(randomblob(6)))".to_owned(),
            ATTEMPT => "0".to_owned(),
            name => quote_identifier(name),
        };
        (name.to_owned(), value)
    });
    let declared = Column::all(schema).map(|column| {
        let value = match column.filler() {
            _ if is_there(&column.name) => quote_identifier(&column.name),
            None => "NULL".to_owned(),
            Some(value) => literal(&value),
        };
        (column.name, value)
    });
    let expressions: Vec<(String, String)> = own.chain(declared).collect();
    let known: Vec<&str> = schema.fields().map(|field| field.name.as_str()).collect();
    let title = Block {
        comment: TITLE.to_owned(),
        losses: Vec::new(),
        statements: Vec::new(),
    };
    rebuild::adopted(title, &expressions, &known, schema)
}
