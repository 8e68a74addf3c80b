//! The destination of stdout: a terminal of some width, or a pipe or file.

use std::io::{self, IsTerminal as _};

use anstream::{AutoStream, ColorChoice};

/// What is known of the destination of stdout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// The width of the terminal; `None` if stdout is not a terminal.
    pub(crate) width: Option<usize>,
    /// The lines of a terminal on which a pager can be used.
    pub(crate) height: Option<usize>,
    /// Whether text may be bold and dim.
    pub(crate) styled: bool,
}

/// The width of a terminal that does not report one.
const USUAL: usize = 80;

impl Screen {
    /// Looks at stdout.
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        let size = console::Term::stdout().size_checked();
        let width = stdout.is_terminal().then(|| {
            let columns = size.map(|(_, columns)| usize::from(columns));
            columns.filter(|columns| *columns > 0).unwrap_or(USUAL)
        });
        let can_page = stdout.is_terminal()
            && io::stdin().is_terminal()
            && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let height = size.map(|(lines, _)| usize::from(lines));
        Screen {
            width,
            height: height.filter(|lines| can_page && *lines > 0),
            styled: AutoStream::choice(&stdout) != ColorChoice::Never,
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        self.width.is_some()
    }
}
