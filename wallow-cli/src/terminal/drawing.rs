//! Bars and spinners on a terminal that may go away: a window is closed, or a connection is lost.
//!
//! indicatif panics if it cannot write, so nothing here fails. Whoever writes lines to the same terminal notices it.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// How often it is drawn in a second, at most.
const RATE: u8 = 20;

/// The target for drawing on stdout; hidden if that is no terminal.
pub(crate) fn on_stdout() -> ProgressDrawTarget {
    on(Term::buffered_stdout())
}

/// The target for drawing on stderr; hidden if that is no terminal.
pub(crate) fn on_stderr() -> ProgressDrawTarget {
    on(Term::buffered_stderr())
}

fn on(term: Term) -> ProgressDrawTarget {
    if term.is_term() && !console::is_dumb() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Drawing(term)), RATE)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// A terminal whose failures are ignored.
#[derive(Debug)]
struct Drawing(Term);

impl TermLike for Drawing {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines).or(Ok(()))
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines).or(Ok(()))
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns).or(Ok(()))
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns).or(Ok(()))
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text).or(Ok(()))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text).or(Ok(()))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line().or(Ok(()))
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush().or(Ok(()))
    }
}
