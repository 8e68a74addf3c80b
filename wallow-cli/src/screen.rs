//! The destination of stdout: a terminal of some width, or a pipe or file.

use std::io::{self, IsTerminal as _};

use anstream::{AutoStream, ColorChoice};

/// What is known of the destination of stdout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// The width of the terminal; `None` if stdout is not a terminal.
    pub(crate) width: Option<usize>,
    /// Whether text may be bold and dim.
    pub(crate) styled: bool,
}

/// The width of a terminal that does not report one.
const USUAL: usize = 80;

impl Screen {
    /// Looks at stdout.
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        let width = stdout.is_terminal().then(|| {
            let size = console::Term::stdout().size_checked();
            let columns = size.map(|(_, columns)| usize::from(columns));
            columns.filter(|columns| *columns > 0).unwrap_or(USUAL)
        });
        Screen {
            width,
            styled: AutoStream::choice(&stdout) != ColorChoice::Never,
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        self.width.is_some()
    }
}
