//! The floors of the runtime: which module may use which.
//!
//! It reads the tokens of each file, so that comments and strings do not count, and checks every path that begins with
//! `crate` or `super`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The modules of `wallow-runtime` from the ground up. Each may use only those before it.
const FLOORS: &str = "error clock statistics value sql_types sql fields expr table codegen_support backend migrate \
    engine query lifecycle store dynamic external_db";

/// The violations, one line each: `path: module uses other`.
pub(crate) fn findings(sources: &Path, files: &[std::path::PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        let Ok(inside) = path.strip_prefix(sources) else {
            continue;
        };
        let module = inside.with_extension("");
        let module = module.iter().filter_map(|part| part.to_str());
        let module = module.collect::<Vec<_>>();
        let (Some(&room), false) = (module.first(), module == ["lib"]) else {
            continue;
        };
        let tokens = fs::read_to_string(path).map(|text| text.parse::<TokenStream>());
        let Ok(Ok(tokens)) = tokens else {
            found.push(format!("{}: cannot be read as Rust", inside.display()));
            continue;
        };
        let mut used = BTreeSet::new();
        walk(tokens, module.len(), &mut used);
        let wrong = used.iter().filter_map(|other| wrong(room, other));
        found.extend(wrong.map(|wrong| format!("{}: {wrong}", inside.display())));
    }
    found
}

/// Why one module may not use another, if it may not.
fn wrong(room: &str, other: &str) -> Option<String> {
    let floor = |name: &str| FLOORS.split(' ').position(|floor| floor == name);
    let Some(own) = floor(room) else {
        return Some(format!(
            "`{room}` is on no floor; put it into `FLOORS` in xtask/src/floors.rs"
        ));
    };
    match floor(other) {
        _ if room == other => None,
        Some(below) if below < own => None,
        Some(_) => Some(format!(
            "`{room}` uses `{other}`, which is above it; move what both need down, or let the caller hand it in"
        )),
        // The exported macros of `table`.
        None if other.starts_with("__runs_") => None,
        None => Some(format!(
            "uses `crate::{other}`; name the module that has it, so that its floor shows"
        )),
    }
}

/// Collects the top-level modules that the paths among these tokens begin with; the tokens are `depth` modules deep.
fn walk(tokens: TokenStream, depth: usize, used: &mut BTreeSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut before: [Option<TokenTree>; 2] = [None, None];
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(ident) if ident == "crate" => {
                // `$crate` is in code that a macro emits elsewhere.
                let is_emitted =
                    matches!(&before[1], Some(TokenTree::Punct(punct)) if punct.as_char() == '$');
                if colons(&mut tokens) && !is_emitted {
                    heads(tokens.peek(), used);
                }
            }
            TokenTree::Ident(ident) if ident == "super" => {
                let mut up = 1;
                while colons(&mut tokens) {
                    match tokens.peek() {
                        Some(TokenTree::Ident(next)) if next == "super" => {
                            up += 1;
                            tokens.next();
                        }
                        next if up == depth => {
                            heads(next, used);
                            break;
                        }
                        _ => break,
                    }
                }
            }
            TokenTree::Group(group) => {
                let is_module = group.delimiter() == Delimiter::Brace
                    && matches!(&before, [Some(TokenTree::Ident(word)), Some(TokenTree::Ident(_))] if word == "mod");
                walk(group.stream(), depth + usize::from(is_module), used);
            }
            _ => {}
        }
        before = [before[1].take(), Some(token)];
    }
}

/// Takes `::`, if it comes next.
fn colons(tokens: &mut std::iter::Peekable<impl Iterator<Item = TokenTree>>) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    if !is_colon(tokens.peek()) {
        return false;
    }
    tokens.next();
    let both = is_colon(tokens.peek());
    if both {
        tokens.next();
    }
    both
}

/// The first names of a path that goes on with this token, or of each path in braces.
fn heads(token: Option<&TokenTree>, used: &mut BTreeSet<String>) {
    match token {
        Some(TokenTree::Ident(name)) => {
            used.insert(name.to_string());
        }
        Some(TokenTree::Group(group)) => {
            let mut begins = true;
            for token in group.stream() {
                match &token {
                    TokenTree::Punct(punct) if punct.as_char() == ',' => begins = true,
                    token if begins => {
                        heads(Some(token), used);
                        begins = false;
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(text: &str, depth: usize) -> Vec<String> {
        let mut found = BTreeSet::new();
        walk(text.parse().unwrap(), depth, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        assert_eq!(
            used(
                "use crate::{error::Error, value}; fn f() -> crate::sql::Sql {}",
                1
            ),
            ["error", "sql", "value"]
        );
        assert_eq!(used("use super::engine::Engine;", 1), ["engine"]);
        assert_eq!(used("use super::engine::Engine;", 2), [""; 0]);
        assert_eq!(
            used("use super::super::{engine, query::Query};", 2),
            ["engine", "query"]
        );
        assert_eq!(
            used("mod tests { use super::super::store::Store; }", 1),
            ["store"]
        );
        assert_eq!(
            used("// crate::store\nconst A: &str = \"crate::store\";", 1),
            [""; 0]
        );
    }

    #[test]
    fn a_module_uses_what_is_below_it() {
        assert_eq!(wrong("engine", "backend"), None);
        assert!(wrong("backend", "engine").is_some_and(|wrong| wrong.contains("above")));
        assert!(wrong("engine", "Store").is_some());
        assert!(wrong("attic", "error").is_some());
    }
}
