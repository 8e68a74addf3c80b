//! The columns of the table.

/// `runs.*`.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_star {
    ($all:ty) => {
        /// `runs.*`, for counting.
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        pub struct star;

        impl<_Wallow_G> $crate::diesel::expression::ValidGrouping<_Wallow_G> for star
        where
            $all: $crate::diesel::expression::ValidGrouping<_Wallow_G>,
        {
            type IsAggregate =
                <$all as $crate::diesel::expression::ValidGrouping<_Wallow_G>>::IsAggregate;
        }

        impl $crate::diesel::Expression for star {
            type SqlType = $crate::diesel::expression::expression_types::NotSelectable;
        }

        $crate::__runs_fragment!(star: |_wallow_out| { _wallow_out.push_sql("*"); ::core::result::Result::Ok(()) });

        impl $crate::diesel::SelectableExpression<super::table> for star {}
        impl $crate::diesel::AppearsOnTable<super::table> for star {}
    };
}

/// Writes a column with `runs.` before it, or alone if the statement has only one table.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_fragment {
    ($column:ident: |$out:ident| $write:block) => {
        impl $crate::diesel::query_builder::QueryId for $column {
            type QueryId = $column;
            const HAS_STATIC_QUERY_ID: ::core::primitive::bool = true;
        }

        impl<_Wallow_DB> $crate::diesel::query_builder::QueryFragment<_Wallow_DB> for $column
        where
            _Wallow_DB: $crate::diesel::backend::Backend,
            $crate::diesel::internal::table_macro::StaticQueryFragmentInstance<super::table>:
                $crate::diesel::query_builder::QueryFragment<_Wallow_DB>,
        {
            fn walk_ast<'b>(
                &'b self,
                mut $out: $crate::diesel::query_builder::AstPass<'_, 'b, _Wallow_DB>,
            ) -> $crate::diesel::QueryResult<()> {
                if !$out.should_skip_from() {
                    const _WALLOW_FROM:
                        $crate::diesel::internal::table_macro::StaticQueryFragmentInstance<
                            super::table,
                        > =
                        $crate::diesel::internal::table_macro::StaticQueryFragmentInstance::new();
                    $crate::diesel::query_builder::QueryFragment::walk_ast(
                        &_WALLOW_FROM,
                        $out.reborrow(),
                    )?;
                    $out.push_sql(".");
                }
                $write
            }
        }
    };
}

/// One column.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_column {
    ($(#[$meta:meta])* $column:ident = $name:literal: $sql_type:ty, $number:tt) => {
        $(#[$meta])*
        #[derive(
            ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::default::Default,
        )]
        pub struct $column;

        $crate::__runs_fragment!($column: |_wallow_out| { _wallow_out.push_identifier($name) });

        impl $crate::diesel::Expression for $column {
            type SqlType = $sql_type;
        }

        impl $crate::diesel::Column for $column {
            type Table = super::table;
            const NAME: &'static ::core::primitive::str = $name;
        }

        impl $crate::diesel::SelectableExpression<super::table> for $column {}

        impl<_Wallow_QS> $crate::diesel::AppearsOnTable<_Wallow_QS> for $column where
            _Wallow_QS: $crate::diesel::query_source::AppearsInFromClause<
                super::table, Count = $crate::diesel::query_source::Once,
            >
        {
        }

        // On the right side of a left join, only `Nullable<Self>` can be selected.
        impl<_Wallow_L, _Wallow_R>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::Join<
                    _Wallow_L, _Wallow_R, $crate::diesel::internal::table_macro::LeftOuter,
                >,
            > for $column
        where
            $column: $crate::diesel::AppearsOnTable<
                $crate::diesel::internal::table_macro::Join<
                    _Wallow_L, _Wallow_R, $crate::diesel::internal::table_macro::LeftOuter,
                >,
            >,
            Self: $crate::diesel::SelectableExpression<_Wallow_L>,
            _Wallow_L: $crate::diesel::QuerySource,
            _Wallow_R: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<
                    super::table, Count = $crate::diesel::query_source::Never,
                >,
        {
        }

        impl<_Wallow_L, _Wallow_R>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::Join<
                    _Wallow_L, _Wallow_R, $crate::diesel::internal::table_macro::Inner,
                >,
            > for $column
        where
            $column: $crate::diesel::AppearsOnTable<
                $crate::diesel::internal::table_macro::Join<
                    _Wallow_L, _Wallow_R, $crate::diesel::internal::table_macro::Inner,
                >,
            >,
            _Wallow_L: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<super::table>,
            _Wallow_R: $crate::diesel::QuerySource
                + $crate::diesel::query_source::AppearsInFromClause<super::table>,
            (_Wallow_L::Count, _Wallow_R::Count): $crate::diesel::internal::table_macro::Pick<_Wallow_L, _Wallow_R>,
            Self: $crate::diesel::SelectableExpression<
                <(_Wallow_L::Count, _Wallow_R::Count) as $crate::diesel::internal::table_macro::Pick<
                    _Wallow_L, _Wallow_R,
                >>::Selection,
            >,
        {
        }

        impl<_Wallow_J, _Wallow_On>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::JoinOn<_Wallow_J, _Wallow_On>,
            > for $column
        where
            $column: $crate::diesel::SelectableExpression<_Wallow_J>
                + $crate::diesel::AppearsOnTable<
                    $crate::diesel::internal::table_macro::JoinOn<_Wallow_J, _Wallow_On>,
                >,
        {
        }

        impl<_Wallow_F>
            $crate::diesel::SelectableExpression<
                $crate::diesel::internal::table_macro::SelectStatement<
                    $crate::diesel::internal::table_macro::FromClause<_Wallow_F>,
                >,
            > for $column
        where
            _Wallow_F: $crate::diesel::QuerySource,
            $column: $crate::diesel::SelectableExpression<_Wallow_F>
                + $crate::diesel::AppearsOnTable<
                    $crate::diesel::internal::table_macro::SelectStatement<
                        $crate::diesel::internal::table_macro::FromClause<_Wallow_F>,
                    >,
                >,
        {
        }

        impl<_Wallow_G> $crate::diesel::expression::ValidGrouping<_Wallow_G> for $column
        where
            _Wallow_G: $crate::diesel::expression::IsContainedInGroupBy<
                $column, Output = $crate::diesel::expression::is_contained_in_group_by::Yes,
            >,
        {
            type IsAggregate = $crate::diesel::expression::is_aggregate::Yes;
        }

        impl $crate::diesel::expression::ValidGrouping<()> for $column {
            type IsAggregate = $crate::diesel::expression::is_aggregate::No;
        }

        impl $crate::table::Numbered for $column {
            type Number = $crate::__runs_number!($number);
        }

        // Two columns are the same if their numbers are.
        impl<_Wallow_C> $crate::diesel::expression::IsContainedInGroupBy<_Wallow_C> for $column
        where
            _Wallow_C: $crate::table::Numbered,
            $crate::__runs_number!($number): $crate::table::Same<_Wallow_C::Number>,
        {
            type Output = <
                $crate::__runs_number!($number) as $crate::table::Same<_Wallow_C::Number>
            >::Output;
        }

        impl<_Wallow_T> $crate::diesel::EqAll<_Wallow_T> for $column
        where
            _Wallow_T: $crate::diesel::expression::AsExpression<$sql_type>,
            $crate::diesel::dsl::Eq<$column, _Wallow_T::Expression>:
                $crate::diesel::Expression<SqlType = $crate::diesel::sql_types::Bool>,
        {
            type Output = $crate::diesel::dsl::Eq<Self, _Wallow_T::Expression>;

            fn eq_all(self, _wallow_all: _Wallow_T) -> Self::Output {
                $crate::diesel::ExpressionMethods::eq(self, _wallow_all)
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
        impl<_Wallow_Rhs> ::core::ops::$op<_Wallow_Rhs> for $column
        where
            _Wallow_Rhs: $crate::diesel::expression::AsExpression<
                <<$column as $crate::diesel::Expression>::SqlType as $crate::diesel::sql_types::ops::$op>::Rhs,
            >,
        {
            type Output = $crate::diesel::internal::table_macro::ops::$op<Self, _Wallow_Rhs::Expression>;

            fn $method(self, _wallow_other: _Wallow_Rhs) -> Self::Output {
                $crate::diesel::internal::table_macro::ops::$op::new(
                    self,
                    $crate::diesel::expression::AsExpression::as_expression(_wallow_other),
                )
            }
        }
    )+};
}

/// Ten bits as a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __runs_number {
    ([$a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident $i:ident $j:ident]) => {
        (
            $crate::table::$a,
            (
                $crate::table::$b,
                (
                    $crate::table::$c,
                    (
                        $crate::table::$d,
                        (
                            $crate::table::$e,
                            (
                                $crate::table::$f,
                                (
                                    $crate::table::$g,
                                    (
                                        $crate::table::$h,
                                        ($crate::table::$i, ($crate::table::$j, ())),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        )
    };
}
