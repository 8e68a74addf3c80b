//! The diesel table of a schema.
//!
//! diesel's own `table!` writes paths that start at an extern crate named `diesel`, which a program that depends only
//! on wallow does not have, and n² implementations for `GROUP BY`. This macro emits the same table with paths through
//! wallow, and n implementations.

mod column;
mod number;

pub use number::{Numbered, One, Same, Zero};

/// Emits `pub mod runs`: `table`, `columns`, `dsl`, `all_columns`, as diesel's `table!` would.
///
/// Each column: its docs, Rust name, SQL name, SQL type, number as ten bits (lowest first), and `numeric` if it takes
/// `+ - * /`. They come in groups of as many as a tuple of diesel can hold. A list of columns is one tuple or, if there
/// are more groups, a tuple of tuples. Last comes wallow's own column. It can be named, but a query does not select it
/// by default, so that the default columns are those of `Run`.
///
/// Columns may have any name, and the name of a unit struct in a pattern means that struct, not a new variable. So
/// everything else in their scope is written with an absolute path, or begins with `_wallow_`, which no field's name
/// does.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_table {
    ($({$(
        $(#[$meta:meta])*
        $column:ident = $name:literal: $sql_type:ty, $number:tt $(, $numeric:ident)?;
    )+})+
    $(#[$own_meta:meta])*
    own $own:ident = $own_name:literal: $own_type:ty, $own_number:tt;
    ) => {
        /// The diesel table `runs`, for queries of your own.
        #[allow(
            non_camel_case_types, non_upper_case_globals, non_snake_case, dead_code,
            unused_imports, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic,
            clippy::nursery, clippy::restriction, rustdoc::all
        )]
        pub mod runs {
            pub use self::columns::*;

            /// All columns, and the table under the name `runs`: for glob imports in functions
            /// that deal with this table alone.
            pub mod dsl {
                pub use super::table as runs;
                pub use super::columns::{$($($column),+),+, $own};
            }

            /// Every column of a run, in the order of the table.
            pub const all_columns: $crate::__runs_tuple!($([$(columns::$column),+])+) =
                $crate::__runs_tuple!($([$(columns::$column),+])+);

            /// The SQL type of all columns.
            pub type SqlType =
                <$crate::__runs_tuple!($([$(columns::$column),+])+) as $crate::diesel::Expression>::SqlType;

            /// A boxed query on this table.
            pub type BoxedQuery<'a, DB, ST = SqlType> =
                $crate::diesel::internal::table_macro::BoxedSelectStatement<
                    'a, ST, $crate::diesel::internal::table_macro::FromClause<table>, DB,
                >;

            $crate::__runs_table_struct!($crate::__runs_tuple!($([$(columns::$column),+])+));

            /// The columns of the table.
            pub mod columns {
                $crate::__runs_star!($crate::__runs_tuple!($([$($column),+])+));

                $($(
                    $crate::__runs_column! {
                        $(#[$meta])* $column = $name: $sql_type, $number
                    }
                    $($crate::__runs_numeric!($numeric $column);)?
                )+)+

                $crate::__runs_column! {
                    $(#[$own_meta])* $own = $own_name: $own_type, $own_number
                }
            }
        }
    };
}

/// A tuple of the members of one group, or of a tuple for each group.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_tuple {
    ([$($member:path),+]) => { ($($member,)+) };
    ($([$($member:path),+])+) => { ($(($($member,)+),)+) };
}

/// The table itself, and how it takes part in joins.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_table_struct {
    ($all:ty) => {
        /// The table.
        #[derive(
            ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::default::Default,
        )]
        pub struct table;

        impl table {
            /// `runs.*`, for counting.
            pub fn star(&self) -> columns::star {
                columns::star
            }
        }

        const _: () = {
            use $crate::diesel::internal::table_macro as internal;
            use $crate::diesel::query_builder::{AsQuery, AstPass, IntoUpdateTarget, QueryFragment, QueryId, UpdateTarget};
            use $crate::diesel::query_source::{Alias, AliasSource, AliasedField, AppearsInFromClause, Column, Never, Once};
            use $crate::diesel::{JoinTo, QuerySource, Table};

            type From = internal::FromClause<table>;

            impl QueryId for table {
                type QueryId = table;
                const HAS_STATIC_QUERY_ID: ::core::primitive::bool = true;
            }

            impl QuerySource for table {
                type FromClause = internal::StaticQueryFragmentInstance<table>;
                type DefaultSelection = $all;

                fn from_clause(&self) -> Self::FromClause {
                    internal::StaticQueryFragmentInstance::new()
                }

                fn default_selection(&self) -> Self::DefaultSelection {
                    all_columns
                }
            }

            impl internal::StaticQueryFragment for table {
                type Component = internal::Identifier<'static>;
                const STATIC_COMPONENT: &'static Self::Component = &internal::Identifier("runs");
            }

            impl<DB> QueryFragment<DB> for table
            where
                DB: $crate::diesel::backend::Backend,
                internal::Identifier<'static>: QueryFragment<DB>,
            {
                fn walk_ast<'b>(
                    &'b self,
                    _wallow_out: AstPass<'_, 'b, DB>,
                ) -> $crate::diesel::QueryResult<()> {
                    QueryFragment::walk_ast(
                        <table as internal::StaticQueryFragment>::STATIC_COMPONENT,
                        _wallow_out,
                    )
                }
            }

            impl AsQuery for table {
                type SqlType = SqlType;
                type Query = internal::SelectStatement<From>;

                fn as_query(self) -> Self::Query {
                    internal::SelectStatement::simple(self)
                }
            }

            impl Table for table {
                type PrimaryKey = columns::id;
                type AllColumns = $all;

                fn primary_key(&self) -> Self::PrimaryKey {
                    columns::id
                }

                fn all_columns() -> Self::AllColumns {
                    all_columns
                }
            }

            impl $crate::diesel::associations::HasTable for table {
                type Table = Self;

                fn table() -> Self::Table {
                    table
                }
            }

            impl IntoUpdateTarget for table {
                type WhereClause = <internal::SelectStatement<From> as IntoUpdateTarget>::WhereClause;

                fn into_update_target(self) -> UpdateTarget<Self::Table, Self::WhereClause> {
                    IntoUpdateTarget::into_update_target(AsQuery::as_query(self))
                }
            }

            impl<T> $crate::diesel::Insertable<T> for table
            where
                internal::SelectStatement<From>: $crate::diesel::Insertable<T>,
            {
                type Values = <internal::SelectStatement<From> as $crate::diesel::Insertable<T>>::Values;

                fn values(self) -> Self::Values {
                    $crate::diesel::Insertable::values(AsQuery::as_query(self))
                }
            }

            impl<'a, T> $crate::diesel::Insertable<T> for &'a table
            where
                table: $crate::diesel::Insertable<T>,
            {
                type Values = <table as $crate::diesel::Insertable<T>>::Values;

                fn values(self) -> Self::Values {
                    $crate::diesel::Insertable::values(*self)
                }
            }

            impl AppearsInFromClause<table> for table {
                type Count = Once;
            }

            impl AppearsInFromClause<table> for internal::NoFromClause {
                type Count = Never;
            }

            impl<S: AliasSource> AppearsInFromClause<Alias<S>> for table {
                type Count = Never;
            }

            impl<S: AliasSource<Target = table>> internal::AliasAppearsInFromClause<S, table> for table {
                type Count = Never;
            }

            impl<S1, S2> internal::AliasAliasAppearsInFromClause<table, S2, S1> for table
            where
                S1: AliasSource<Target = table>
                    + internal::AliasAliasAppearsInFromClauseSameTable<S2, table>,
                S2: AliasSource<Target = table>,
            {
                type Count = <S1 as internal::AliasAliasAppearsInFromClauseSameTable<S2, table>>::Count;
            }

            impl<S, C> internal::FieldAliasMapperAssociatedTypesDisjointnessTrick<table, S, C> for table
            where
                S: AliasSource<Target = table> + ::core::clone::Clone,
                C: Column<Table = table>,
            {
                type Out = AliasedField<S, C>;

                fn map(_wallow_column: C, _wallow_alias: &Alias<S>) -> Self::Out {
                    _wallow_alias.field(_wallow_column)
                }
            }

            $crate::__runs_joins! {
                [Left: QuerySource, Right: QuerySource, Kind] internal::Join<Left, Right, Kind>;
                [Join, On] internal::JoinOn<Join, On>;
                [F: QuerySource, S, D, W, O, L, Of, G]
                    internal::SelectStatement<internal::FromClause<F>, S, D, W, O, L, Of, G>;
                ['a, QS: QuerySource, ST, DB]
                    internal::BoxedSelectStatement<'a, internal::FromClause<QS>, ST, DB>;
                [S: AliasSource] Alias<S>;
            }
        };
    };
}

/// What joins with the table wherever the table joins with it.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_joins {
    ($([$($generics:tt)*] $right:ty;)+) => {$(
        impl<$($generics)*> JoinTo<$right> for table
        where
            $right: JoinTo<table>,
        {
            type FromClause = $right;
            type OnClause = <$right as JoinTo<table>>::OnClause;

            fn join_target(_wallow_right: $right) -> (Self::FromClause, Self::OnClause) {
                let (_, _wallow_on) = <$right as JoinTo<table>>::join_target(table);
                (_wallow_right, _wallow_on)
            }
        }
    )+};
}
