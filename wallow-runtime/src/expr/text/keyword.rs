//! Advice for a field with the name of a keyword.

use std::ops::Range;

use super::problem::Problem;
use super::token::Token;
use crate::expr::node::ColumnRef;

/// The problem, with the advice to write the name in backquotes if a keyword that is the name of a field stands where a
/// field does, at the place of the problem or before it.
pub(super) fn advise(
    problem: Problem,
    text: &str,
    tokens: &[(Token, Range<usize>)],
    columns: &[ColumnRef],
) -> Problem {
    let start = problem.place.start;
    let begins_operand = |index: usize| match index.checked_sub(1).map(|before| &tokens[before].0) {
        None => true,
        Some(Token::Word(word)) => ["and", "or", "not"].contains(&word.as_str()),
        Some(token) => *token == Token::Symbol("("),
    };
    let of_operands = tokens.iter().enumerate();
    let of_operands = of_operands.filter(|(index, _)| begins_operand(*index));
    let mut near = of_operands.filter_map(|(_, (token, place))| {
        let word = match token {
            Token::Word(word) => word.as_str(),
            // `inf`
            Token::Float(_) => text.get(place.clone())?,
            _ => return None,
        };
        let between = text.get(place.end..start);
        let is_near =
            place.start == start || between.is_some_and(|between| between.trim().is_empty());
        let is_field = columns.iter().any(|column| column.name == word);
        (is_near && is_field && super::WORDS.contains(&word)).then_some(word)
    });
    match near.next_back() {
        Some(word) => Problem {
            help: format!(
                "`{word}` is a word of this language, too; the field is written in backquotes: `` `{word}` `` (in a shell, \
                 with single quotes around the whole expression)"
            ),
            ..problem
        },
        None => problem,
    }
}
