//! The Rust side of a field type.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{DefaultValue, FieldType};

use super::Context;

impl Context<'_> {
    /// The type of a column's values.
    pub(super) fn rust(&self, ty: FieldType) -> TokenStream {
        let private = &self.private;
        match ty {
            FieldType::Int => quote!(::core::primitive::i64),
            FieldType::Float => quote!(::core::primitive::f64),
            FieldType::String => quote!(::std::string::String),
            FieldType::Bool => quote!(::core::primitive::bool),
            FieldType::Json => quote!(#private::serde_json::Value),
            FieldType::Datetime => quote!(#private::chrono::DateTime<#private::chrono::Utc>),
            FieldType::Path => quote!(::std::path::PathBuf),
        }
    }

    /// The type of a column in `Run`.
    pub(super) fn rust_nullable(&self, ty: FieldType, nullable: bool) -> TokenStream {
        let ty = self.rust(ty);
        if nullable {
            quote!(::core::option::Option<#ty>)
        } else {
            ty
        }
    }

    /// `place` (a reference to a value) as the engine's `Value`.
    pub(super) fn value(&self, ty: FieldType, place: &TokenStream) -> TokenStream {
        let private = &self.private;
        match ty {
            FieldType::Int => quote!(#private::Value::Int(*#place)),
            FieldType::Float => quote!(#private::Value::Float(*#place)),
            FieldType::String => quote!(#private::Value::Text(#place)),
            FieldType::Bool => quote!(#private::Value::Bool(*#place)),
            FieldType::Json => quote!(#private::Value::Json(#place)),
            FieldType::Datetime => quote!(#private::Value::Time(*#place)),
            FieldType::Path => quote!(#private::Value::Path(#place)),
        }
    }
}

/// The default of an identifying field as an expression of its type.
pub(super) fn key_default(default: &DefaultValue) -> TokenStream {
    match default {
        DefaultValue::Int(value) => quote!(#value),
        DefaultValue::Float(value) => float(*value),
        DefaultValue::Bool(value) => quote!(#value),
        DefaultValue::String(value) | DefaultValue::Path(value) => {
            quote!(<::std::string::String as ::core::convert::From<_>>::from(#value))
        }
        // No identifying field has these types.
        DefaultValue::Json(_) | DefaultValue::Datetime(_) => {
            quote!(::core::default::Default::default())
        }
    }
}

fn float(value: f64) -> TokenStream {
    if value.is_finite() {
        // A literal has no sign of its own, and an i64 bit pattern would not read well.
        return quote!(#value);
    }
    if value > 0.0 {
        quote!(::core::primitive::f64::INFINITY)
    } else {
        quote!(::core::primitive::f64::NEG_INFINITY)
    }
}
