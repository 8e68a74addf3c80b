//! Columns compared by number, in the type system.
//!
//! For any two columns, diesel needs to know whether one is contained in a `GROUP BY` of the other. An implementation
//! for each pair would be n² (10,000 for 100 columns). Comparing numbers bit by bit takes one for each column.

use diesel::expression::is_contained_in_group_by::{No, Yes};

/// The bit 0.
#[derive(Debug)]
pub struct Zero;

/// The bit 1.
#[derive(Debug)]
pub struct One;

/// A column with a number: bits as a list `(low, (next, (…, ())))`.
pub trait Numbered {
    /// The number.
    type Number;
}

/// Whether two numbers of equal length are the same.
pub trait Same<Other> {
    /// `Yes` or `No`.
    type Output;
}

/// Both are `Yes`.
pub trait And<Other> {
    /// `Yes` or `No`.
    type Output;
}

impl Same<Zero> for Zero {
    type Output = Yes;
}

impl Same<One> for One {
    type Output = Yes;
}

impl Same<One> for Zero {
    type Output = No;
}

impl Same<Zero> for One {
    type Output = No;
}

impl Same<()> for () {
    type Output = Yes;
}

impl<A, As, B, Bs> Same<(B, Bs)> for (A, As)
where
    A: Same<B>,
    As: Same<Bs>,
    A::Output: And<As::Output>,
{
    type Output = <A::Output as And<As::Output>>::Output;
}

impl<Other> And<Other> for Yes {
    type Output = Other;
}

impl<Other> And<Other> for No {
    type Output = No;
}
