//! The columns of the table.

/// `runs.*`.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_star {
    ($($column:ident),+) => {
        /// `runs.*`, for counting.
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        pub struct star;

        impl<__G> $crate::diesel::expression::ValidGrouping<__G> for star
        where
            ($($column,)+): $crate::diesel::expression::ValidGrouping<__G>,
        {
            type IsAggregate =
                <($($column,)+) as $crate::diesel::expression::ValidGrouping<__G>>::IsAggregate;
        }

        impl $crate::diesel::Expression for star {
            type SqlType = $crate::diesel::expression::expression_types::NotSelectable;
        }

        $crate::__runs_fragment!(star: |__out| { __out.push_sql("*"); ::core::result::Result::Ok(()) });

        impl $crate::diesel::SelectableExpression<super::table> for star {}
        impl $crate::diesel::AppearsOnTable<super::table> for star {}
    };
}

/// What is written after `runs.`, or alone where the table goes without saying.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_fragment {
    ($column:ident: |$out:ident| $write:block) => {
        impl $crate::diesel::query_builder::QueryId for $column {
            type QueryId = $column;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<__DB> $crate::diesel::query_builder::QueryFragment<__DB> for $column
        where
            __DB: $crate::diesel::backend::Backend,
            $crate::diesel::internal::table_macro::StaticQueryFragmentInstance<super::table>:
                $crate::diesel::query_builder::QueryFragment<__DB>,
        {
            fn walk_ast<'b>(
                &'b self,
                mut $out: $crate::diesel::query_builder::AstPass<'_, 'b, __DB>,
            ) -> $crate::diesel::QueryResult<()> {
                if !$out.should_skip_from() {
                    const __FROM:
                        $crate::diesel::internal::table_macro::StaticQueryFragmentInstance<
                            super::table,
                        > =
                        $crate::diesel::internal::table_macro::StaticQueryFragmentInstance::new();
                    $crate::diesel::query_builder::QueryFragment::walk_ast(
                        &__FROM,
                        $out.reborrow(),
                    )?;
                    $out.push_sql(".");
                }
                $write
            }
        }
    };
}

/// One column. Its name may be anything, `T` and `out` included: everything else goes by absolute
/// path or starts with two underscores.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_column {
    ($(#[$meta:meta])* $column:ident = $name:literal: $sql_type:ty, $number:ty) => {
        $(#[$meta])*
        #[derive(
            ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::default::Default,
        )]
        pub struct $column;

        $crate::__runs_fragment!($column: |__out| { __out.push_identifier($name) });

        impl $crate::diesel::Expression for $column {
            type SqlType = $sql_type;
        }

        impl $crate::diesel::Column for $column {
            type Table = super::table;
            const NAME: &'static str = $name;
        }

        impl $crate::diesel::SelectableExpression<super::table> for $column {}

        impl<__QS> $crate::diesel::AppearsOnTable<__QS> for $column where
            __QS: $crate::diesel::query_source::AppearsInFromClause<
                super::table, Count = $crate::diesel::query_source::Once,
            >
        {
        }

        // On the right of a left join only `Nullable<Self>` can be selected.
        impl<__L, __R>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::Join<
                    __L, __R, $crate::diesel::internal::table_macro::LeftOuter,
                >,
            > for $column
        where
            $column: $crate::diesel::AppearsOnTable<
                $crate::diesel::internal::table_macro::Join<
                    __L, __R, $crate::diesel::internal::table_macro::LeftOuter,
                >,
            >,
            Self: $crate::diesel::SelectableExpression<__L>,
            __L: $crate::diesel::QuerySource,
            __R: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<
                    super::table, Count = $crate::diesel::query_source::Never,
                >,
        {
        }

        impl<__L, __R>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::Join<
                    __L, __R, $crate::diesel::internal::table_macro::Inner,
                >,
            > for $column
        where
            $column: $crate::diesel::AppearsOnTable<
                $crate::diesel::internal::table_macro::Join<
                    __L, __R, $crate::diesel::internal::table_macro::Inner,
                >,
            >,
            __L: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<super::table>,
            __R: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<super::table>,
            (__L::Count, __R::Count): $crate::diesel::internal::table_macro::Pick<__L, __R>,
            Self: $crate::diesel::SelectableExpression<
                <(__L::Count, __R::Count) as $crate::diesel::internal::table_macro::Pick<
                    __L, __R,
                >>::Selection,
            >,
        {
        }

        impl<__J, __On>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::JoinOn<__J, __On>,
            > for $column
        where
            $column: $crate::diesel::SelectableExpression<__J>
                + $crate::diesel::AppearsOnTable<
                    $crate::diesel::internal::table_macro::JoinOn<__J, __On>,
                >,
        {
        }

        impl<__F>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::SelectStatement<
                    $crate::diesel::internal::table_macro::FromClause<__F>,
                >,
            > for $column
        where
            __F: $crate::diesel::QuerySource,
            $column: $crate::diesel::SelectableExpression<__F>
                + $crate::diesel::AppearsOnTable<
                    $crate::diesel::internal::table_macro::SelectStatement<
                        $crate::diesel::internal::table_macro::FromClause<__F>,
                    >,
                >,
        {
        }

        impl<__G> $crate::diesel::expression::ValidGrouping<__G> for $column
        where
            __G: $crate::diesel::expression::IsContainedInGroupBy<
                $column, Output = $crate::diesel::expression::is_contained_in_group_by::Yes,
            >,
        {
            type IsAggregate = $crate::diesel::expression::is_aggregate::Yes;
        }

        impl $crate::diesel::expression::ValidGrouping<()> for $column {
            type IsAggregate = $crate::diesel::expression::is_aggregate::No;
        }

        impl $crate::generated::table::Numbered for $column {
            type Number = $number;
        }

        // Two columns are the same where their numbers are.
        impl<__C> $crate::diesel::expression::IsContainedInGroupBy<__C> for $column
        where
            __C: $crate::generated::table::Numbered,
            $number: $crate::generated::table::Same<__C::Number>,
        {
            type Output = <$number as $crate::generated::table::Same<__C::Number>>::Output;
        }

        impl<__T> $crate::diesel::EqAll<__T> for $column
        where
            __T: $crate::diesel::expression::AsExpression<$sql_type>,
            $crate::diesel::dsl::Eq<$column, __T::Expression>:
                $crate::diesel::Expression<SqlType = $crate::diesel::sql_types::Bool>,
        {
            type Output = $crate::diesel::dsl::Eq<Self, __T::Expression>;

            fn eq_all(self, __all: __T) -> Self::Output {
                $crate::diesel::ExpressionMethods::eq(self, __all)
            }
        }
    };
}

/// `+ - * /` of a numeric column.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_numeric {
    (numeric $column:ident) => {
        $crate::__runs_numeric!(@ $column Add add, Sub sub, Mul mul, Div div);
    };
    (@ $column:ident $($op:ident $method:ident),+) => {$(
        impl<__Rhs> ::core::ops::$op<__Rhs> for $column
        where
            __Rhs: $crate::diesel::expression::AsExpression<
                <<$column as $crate::diesel::Expression>::SqlType as $crate::diesel::sql_types::ops::$op>::Rhs,
            >,
        {
            type Output = $crate::diesel::internal::table_macro::ops::$op<Self, __Rhs::Expression>;

            fn $method(self, __other: __Rhs) -> Self::Output {
                $crate::diesel::internal::table_macro::ops::$op::new(
                    self,
                    $crate::diesel::expression::AsExpression::as_expression(__other),
                )
            }
        }
    )+};
}
