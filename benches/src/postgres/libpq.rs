//! libpq, as a program by hand would use it: prepared statements, and everything in binary form.
//!
//! Only this module of the benchmark calls C. Invariant: a stored pointer is never null, and is freed exactly once.
#![expect(unsafe_code, reason = "libpq is a library in C")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::NonNull;

use pq_sys::{ExecStatusType, PGconn, PGresult};

use crate::Result;

/// One value of a statement, in the server's form.
#[derive(Debug, Clone)]
pub(crate) enum Bind<'a> {
    Null,
    /// A number or a time.
    Eight([u8; 8]),
    Text(&'a str),
    /// Bytes that had to be built.
    Bytes(Vec<u8>),
}

impl Bind<'_> {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Bind::Null => None,
            Bind::Eight(bytes) => Some(bytes),
            Bind::Text(text) => Some(text.as_bytes()),
            Bind::Bytes(bytes) => Some(bytes),
        }
    }
}

/// The code for the binary form of values and answers.
const BINARY: c_int = 1;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection(NonNull<PGconn>);

impl Connection {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let url = CString::new(url)?;
        // SAFETY: the URL ends with a NUL.
        let raw = unsafe { pq_sys::PQconnectdb(url.as_ptr()) };
        let connection = Connection(NonNull::new(raw).ok_or("no memory for a connection")?);
        // SAFETY: the connection is open until it is dropped.
        match unsafe { pq_sys::PQstatus(connection.raw()) } {
            pq_sys::ConnStatusType::CONNECTION_OK => Ok(connection),
            _ => Err(connection.problem()),
        }
    }

    fn raw(&self) -> *mut PGconn {
        self.0.as_ptr()
    }

    /// The error of the last call.
    fn problem(&self) -> Box<dyn std::error::Error> {
        // SAFETY: libpq gives a text that ends with a NUL, and lives until its next call.
        let text = unsafe { CStr::from_ptr(pq_sys::PQerrorMessage(self.raw())) };
        text.to_string_lossy().trim_end().into()
    }

    /// Prepares a statement under a name.
    pub(crate) fn prepare(&self, name: &CStr, sql: &str) -> Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: both texts end with a NUL; without types the server finds them itself.
        let raw = unsafe {
            pq_sys::PQprepare(self.raw(), name.as_ptr(), sql.as_ptr(), 0, std::ptr::null())
        };
        self.answer(raw).map(drop)
    }

    /// Runs a prepared statement.
    pub(crate) fn run<const N: usize>(&self, name: &CStr, binds: &[Bind<'_>; N]) -> Result<Answer> {
        let (values, lengths) = pointers(binds);
        // SAFETY: three arrays of N each, whose values live as long as the call.
        let raw = unsafe {
            pq_sys::PQexecPrepared(
                self.raw(),
                name.as_ptr(),
                count(N)?,
                values.as_ptr(),
                lengths.as_ptr(),
                [BINARY; N].as_ptr(),
                BINARY,
            )
        };
        self.answer(raw)
    }

    /// Runs a prepared statement without values; its rows come in chunks of this size.
    pub(crate) fn stream(
        &self,
        name: &CStr,
        rows: c_int,
        mut each: impl FnMut(&Answer) -> Result<()>,
    ) -> Result<()> {
        // SAFETY: there are no values, so there are no arrays.
        let sent = unsafe {
            pq_sys::PQsendQueryPrepared(
                self.raw(),
                name.as_ptr(),
                0,
                std::ptr::null(),
                std::ptr::null(),
                std::ptr::null(),
                BINARY,
            )
        };
        // SAFETY: a statement was sent just before.
        if sent != 1 || unsafe { pq_sys::PQsetChunkedRowsMode(self.raw(), rows) } != 1 {
            return Err(self.problem());
        }
        // SAFETY: the connection is open, and null ends the answers.
        while let Some(raw) = NonNull::new(unsafe { pq_sys::PQgetResult(self.raw()) }) {
            each(&self.answer(raw.as_ptr())?)?;
        }
        Ok(())
    }

    /// An answer, unless it is an error.
    fn answer(&self, raw: *mut PGresult) -> Result<Answer> {
        let answer = Answer(NonNull::new(raw).ok_or_else(|| self.problem())?);
        // SAFETY: the answer lives until it is dropped.
        match unsafe { pq_sys::PQresultStatus(raw) } {
            ExecStatusType::PGRES_COMMAND_OK
            | ExecStatusType::PGRES_TUPLES_OK
            | ExecStatusType::PGRES_TUPLES_CHUNK => Ok(answer),
            _ => Err(self.problem()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: nobody uses it any more.
        unsafe { pq_sys::PQfinish(self.raw()) }
    }
}

/// Pointers to the values and their lengths, for libpq; a null pointer is NULL.
fn pointers<const N: usize>(binds: &[Bind<'_>; N]) -> ([*const c_char; N], [c_int; N]) {
    let mut values = [std::ptr::null(); N];
    let mut lengths = [0; N];
    for (index, bind) in binds.iter().enumerate() {
        if let Some(bytes) = bind.bytes() {
            values[index] = bytes.as_ptr().cast();
            lengths[index] = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        }
    }
    (values, lengths)
}

fn count(number: usize) -> Result<c_int> {
    Ok(c_int::try_from(number)?)
}

/// The rows of a statement.
#[derive(Debug)]
pub(crate) struct Answer(NonNull<PGresult>);

impl Answer {
    pub(crate) fn rows(&self) -> c_int {
        // SAFETY: the answer lives until it is dropped.
        unsafe { pq_sys::PQntuples(self.0.as_ptr()) }
    }

    /// How many rows were written.
    pub(crate) fn written(&self) -> Result<u64> {
        // SAFETY: the answer lives until it is dropped, and so does the text, which ends with a NUL.
        let text = unsafe { CStr::from_ptr(pq_sys::PQcmdTuples(self.0.as_ptr())) };
        Ok(text.to_str()?.parse()?)
    }

    /// One cell; `None` if it is NULL.
    pub(crate) fn cell(&self, row: c_int, column: c_int) -> Option<&[u8]> {
        let raw = self.0.as_ptr();
        // SAFETY: libpq returns NULL for cells that do not exist; a value has the length that libpq reports, and lives
        // as long as the answer.
        unsafe {
            if pq_sys::PQgetisnull(raw, row, column) == 1 {
                return None;
            }
            let length = usize::try_from(pq_sys::PQgetlength(raw, row, column)).ok()?;
            let value = NonNull::new(pq_sys::PQgetvalue(raw, row, column))?;
            Some(std::slice::from_raw_parts(
                value.cast::<u8>().as_ptr(),
                length,
            ))
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: nobody uses it any more.
        unsafe { pq_sys::PQclear(self.0.as_ptr()) }
    }
}
