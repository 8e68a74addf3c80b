//! The Rust side of a field type.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{DefaultValue, Field, FieldType};

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

    /// The type in which builders and patches hold a value. An integer is held in a wider one, because it may be too
    /// large for the field.
    pub(super) fn held(&self, ty: FieldType) -> TokenStream {
        let private = &self.private;
        match ty {
            FieldType::Int => quote!(#private::AnyInt),
            ty => self.rust(ty),
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

    /// The value at `place` (`self.x`) as the engine's `Value`.
    pub(super) fn value(&self, ty: FieldType, place: &TokenStream) -> TokenStream {
        if copied(ty) {
            self.wrapped(ty, place)
        } else {
            self.wrapped(ty, &quote!(&#place))
        }
    }

    /// A closure from a reference to what a patch holds to the engine's `Value`.
    pub(super) fn view_of_held(&self, ty: FieldType) -> TokenStream {
        let private = &self.private;
        match ty {
            FieldType::Int => quote!(|__value| #private::AnyInt::value(*__value)),
            ty => self.view(ty),
        }
    }

    /// A closure from a reference to the engine's `Value`.
    pub(super) fn view(&self, ty: FieldType) -> TokenStream {
        let value = if copied(ty) {
            self.wrapped(ty, &quote!(*__value))
        } else {
            self.wrapped(ty, &quote!(__value))
        };
        quote!(|__value| #value)
    }

    /// What a setter takes, and the function that converts it to the field's type.
    pub(super) fn taken(&self, field: &Field) -> (TokenStream, TokenStream) {
        let (private, ty) = (&self.private, self.held(field.ty));
        if self.untyped.contains(&field.name) {
            return (
                quote!(#private::Fallback<#ty>),
                quote!(#private::Fallback::guessed),
            );
        }
        match field.ty {
            FieldType::Int => (
                quote!(#private::IntoInt),
                quote!(#private::IntoInt::into_int),
            ),
            FieldType::Float => (
                quote!(#private::IntoFloat),
                quote!(#private::IntoFloat::into_float),
            ),
            FieldType::Datetime => (
                quote!(#private::IntoUtc),
                quote!(#private::IntoUtc::into_utc),
            ),
            _ => (
                quote!(::core::convert::Into<#ty>),
                quote!(::core::convert::Into::into),
            ),
        }
    }

    fn wrapped(&self, ty: FieldType, value: &TokenStream) -> TokenStream {
        let private = &self.private;
        let variant = match ty {
            FieldType::Int => quote!(Int),
            FieldType::Float => quote!(Float),
            FieldType::String => quote!(Text),
            FieldType::Bool => quote!(Bool),
            FieldType::Json => quote!(Json),
            FieldType::Datetime => quote!(Time),
            FieldType::Path => quote!(Path),
        };
        quote!(#private::Value::#variant(#value))
    }
}

/// Whether `Value` holds a copy, not a reference.
fn copied(ty: FieldType) -> bool {
    match ty {
        FieldType::Int | FieldType::Float | FieldType::Bool | FieldType::Datetime => true,
        FieldType::String | FieldType::Json | FieldType::Path => false,
    }
}

impl Context<'_> {
    /// The value of an `Option`, or the default of its identifying field.
    pub(super) fn or_default(&self, value: &TokenStream, default: &DefaultValue) -> TokenStream {
        let private = &self.private;
        let default = key_default(default, private);
        quote!(::core::option::Option::unwrap_or_else(#value, || #default))
    }
}

/// The default of an identifying field as an expression of the type that a builder holds.
fn key_default(default: &DefaultValue, private: &TokenStream) -> TokenStream {
    match default {
        DefaultValue::Int(value) => quote!(#private::AnyInt::new(#value)),
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
        // Written as a number, because nobody can read a float's bits. `quote!` writes a minus sign if there is one.
        return quote!(#value);
    }
    if value > 0.0 {
        quote!(::core::primitive::f64::INFINITY)
    } else {
        quote!(::core::primitive::f64::NEG_INFINITY)
    }
}
