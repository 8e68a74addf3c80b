//! Turns a valid schema into Rust items, with one file for each item.
//!
//! This is an ordinary function from [`Schema`] to tokens. Invariants: emitted code names everything outside of it by
//! absolute path, so that a field may be called `Ok` or `String`; every emitted item has docs; everything that the
//! runtime can do is done there.

mod annotating;
mod builder;
mod closed_sets;
mod diesel;
mod docs;
mod fields;
mod identifying;
mod names;
mod reader;
mod run;
mod store;
mod table;
mod types;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wallow_schema::migration::History;
use wallow_schema::{BUILT_IN, Fallback, Field, FieldType, Schema};

use names::Names;

/// Everything that the items are made from.
pub(crate) struct Context<'a> {
    schema: &'a Schema,
    text: &'a str,
    origin: &'a str,
    facade: &'a syn::Path,
    /// `::wallow::__private`.
    private: TokenStream,
    names: Names,
    /// Fields of a broken schema whose types are not known, so that their setters take any value.
    untyped: BTreeSet<String>,
    /// The migrations of the schema.
    history: History,
    /// The versions of the program's other migrations.
    other_versions: Vec<String>,
}

/// One column of a run: a built-in one or a field.
struct Column<'a> {
    name: &'a str,
    ident: Ident,
    ty: FieldType,
    nullable: bool,
    field: Option<&'a Field>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        text: &'a str,
        origin: &'a str,
        facade: &'a syn::Path,
    ) -> Self {
        Context {
            schema,
            text,
            origin,
            facade,
            private: quote!(#facade::__private),
            names: Names::new(schema),
            untyped: BTreeSet::new(),
            history: History::default(),
            other_versions: Vec::new(),
        }
    }

    /// Adds the migrations of the schema, and the versions of the program's other migrations.
    pub(crate) fn with_migrations(self, history: History, other_versions: Vec<String>) -> Self {
        Context {
            history,
            other_versions,
            ..self
        }
    }

    /// For a schema with errors.
    pub(crate) fn of_fallback(
        fallback: &'a Fallback,
        text: &'a str,
        origin: &'a str,
        facade: &'a syn::Path,
    ) -> Self {
        let untyped = fallback.untyped.clone();
        Context {
            untyped,
            ..Context::new(&fallback.schema, text, origin, facade)
        }
    }

    /// Every item. If the table is too wide, the program does not compile, and the items only prevent further errors.
    pub(crate) fn items(&self) -> TokenStream {
        let closed_sets = self.closed_sets();
        let run = self.run();
        let identifying = self.identifying();
        let builder = self.builder();
        let annotating = self.annotating();
        let fields = self.fields();
        let store = self.store();
        let table = self.table();
        let allow = allowances();
        let implementations = [
            self.closed_set_implementations(),
            self.run_implementations(),
            self.key_implementations(),
            self.patch_implementations(),
            self.diesel_implementations(),
        ];
        quote! {
            #closed_sets #run #identifying #builder #annotating #fields #store #table

            #allow
            const _: () = {
                #(#implementations)*
            };
        }
    }

    /// The columns in the order of `Run`: built-in, identifying, annotating.
    fn columns(&self) -> Vec<Column<'_>> {
        let built_in = BUILT_IN.iter().map(|name| {
            let ty = match *name {
                "id" => FieldType::Int,
                "uuid" => FieldType::String,
                _ => FieldType::Datetime,
            };
            Column {
                name,
                ident: names::ident(name),
                ty,
                nullable: false,
                field: None,
            }
        });
        let fields = self.schema.fields().map(|field| Column {
            name: &field.name,
            ident: names::ident(&field.name),
            ty: field.ty,
            nullable: field.nullable,
            field: Some(field),
        });
        // In a broken schema a name can occur twice.
        let mut seen = BTreeSet::new();
        built_in
            .chain(fields)
            .filter(|column| seen.insert(column.name))
            .collect()
    }
}

/// The lints of the user that are switched off for generated items.
fn allowances() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction,
            rustdoc::all
        )]
    }
}
