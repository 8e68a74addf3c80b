//! The Rust side of a field type.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use wallow_schema::{DefaultValue, Field, FieldType};

use super::closed_sets::{enum_ident, is_closed, variants};
use super::{Column, Context};

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

    /// The type of a field's values: an enum, if the schema lists them.
    pub(super) fn rust_field(&self, field: &Field) -> TokenStream {
        if is_closed(field) {
            return enum_ident(field).into_token_stream();
        }
        self.rust(field.ty)
    }

    /// The type of a column's values.
    pub(super) fn rust_column(&self, column: &Column<'_>) -> TokenStream {
        match column.field {
            Some(field) => self.rust_field(field),
            None => self.rust(column.ty),
        }
    }

    /// The type in which builders and patches hold a value. An integer is held in a wider one, because it may be too
    /// large for the field.
    pub(super) fn held(&self, field: &Field) -> TokenStream {
        let private = &self.private;
        match field.ty {
            FieldType::Int => quote!(#private::AnyInt),
            _ => self.rust_field(field),
        }
    }

    /// The value at `place` (`self.x`) as the engine's `Value`.
    pub(super) fn value(
        &self,
        ty: FieldType,
        field: Option<&Field>,
        place: &TokenStream,
    ) -> TokenStream {
        let private = &self.private;
        if field.is_some_and(is_closed) {
            quote!(#private::Value::Text(#private::ClosedSet::text(#place)))
        } else if copied(ty) {
            self.wrapped(ty, place)
        } else {
            self.wrapped(ty, &quote!(&#place))
        }
    }

    /// A closure from a reference to what a patch holds to the engine's `Value`.
    pub(super) fn view_of_held(&self, field: &Field) -> TokenStream {
        let private = &self.private;
        match field.ty {
            FieldType::Int => quote!(|__value| #private::AnyInt::value(*__value)),
            ty => self.view(ty, Some(field)),
        }
    }

    /// A closure from a reference to the engine's `Value`.
    pub(super) fn view(&self, ty: FieldType, field: Option<&Field>) -> TokenStream {
        let private = &self.private;
        let value = if field.is_some_and(is_closed) {
            quote!(#private::Value::Text(#private::ClosedSet::text(*__value)))
        } else if copied(ty) {
            self.wrapped(ty, &quote!(*__value))
        } else {
            self.wrapped(ty, &quote!(__value))
        };
        quote!(|__value| #value)
    }

    /// What a setter takes, and the function that converts it to the field's type.
    pub(super) fn taken(&self, field: &Field) -> (TokenStream, TokenStream) {
        let (private, ty) = (&self.private, self.held(field));
        if self.untyped.contains(&field.name) {
            return (
                quote!(impl #private::Fallback<#ty>),
                quote!(#private::Fallback::fallback),
            );
        }
        match field.ty {
            FieldType::Int => (
                quote!(impl #private::IntoInt),
                quote!(#private::IntoInt::into_int),
            ),
            FieldType::Float => (
                quote!(impl #private::IntoFloat),
                quote!(#private::IntoFloat::into_float),
            ),
            FieldType::Datetime => (
                quote!(impl #private::IntoUtc),
                quote!(#private::IntoUtc::into_utc),
            ),
            _ if is_closed(field) => (ty, quote!(::core::convert::identity)),
            _ => (
                quote!(impl ::core::convert::Into<#ty>),
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
    /// The float of a key that a value is, or its absence.
    pub(super) fn key_float(
        &self,
        field: &Field,
        value: &TokenStream,
        precision: u32,
    ) -> TokenStream {
        let private = &self.private;
        if field.is_optional() {
            quote! {
                ::core::option::Option::map(
                    #value,
                    |__value| #private::KeyFloat::new(__value, #precision),
                )
            }
        } else {
            quote!(#private::KeyFloat::new(#value, #precision))
        }
    }

    /// The value of an `Option`, or the default of its identifying field.
    pub(super) fn or_default(
        &self,
        value: &TokenStream,
        field: &Field,
        default: &DefaultValue,
    ) -> TokenStream {
        let default = match default {
            DefaultValue::String(text) if is_closed(field) => {
                let variant = field.values.iter().position(|value| value == text);
                // While the schema is invalid, the default may not be one of the values.
                let variant = &variants(field)[variant.unwrap_or_default()];
                let ty = enum_ident(field);
                quote!(#ty::#variant)
            }
            default => key_default(default, &self.private),
        };
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
