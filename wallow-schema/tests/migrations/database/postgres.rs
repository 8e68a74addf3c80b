//! A throw-away PostgreSQL server, asked through `psql`.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use wallow_schema::ddl::Dialect;

use super::{Database, Look};

/// A server that listens on a socket in its own folder, and goes with this value.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    /// PostgreSQL does not run as root.
    switches_user: bool,
}

const SHAPE: &str = "
    SELECT format('%s %s notnull %s identity %s default %s', attname, format_type(atttypid, atttypmod), attnotnull,
            attidentity, pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'runs'::regclass AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT replace(pg_get_indexdef(indexrelid), current_schema() || '.runs', 'runs')
        FROM pg_index WHERE indrelid = 'runs'::regclass
    UNION ALL SELECT conname FROM pg_constraint WHERE conrelid = 'runs'::regclass AND contype <> 'n'
    ORDER BY 1;
    SELECT 'rows follow';
    SELECT to_jsonb(runs) FROM runs ORDER BY id;";

impl Postgres {
    /// A fresh server; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) fn start() -> Result<Option<Self>, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let Some(programs) = programs() else {
            // Past the capture of tests: nobody should take a skipped test for a passed one.
            let told = writeln!(
                io::stderr(),
                "SKIPPED on PostgreSQL: there is no `initdb` in the PATH or under /usr/lib/postgresql"
            );
            return told.map(|()| None).map_err(text);
        };
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("wallow-schema-{}-{number}", std::process::id());
        let server = Self {
            programs,
            folder: std::env::temp_dir().join(name),
            switches_user: is_root(),
        };
        fs::create_dir_all(&server.folder).map_err(text)?;
        if server.switches_user {
            succeed(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let options = format!(
            "-c listen_addresses='' -k {} -c fsync=off",
            server.folder.display()
        );
        succeed(server.program("initdb").arg("-D").arg(&data).args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]))?;
        succeed(
            server
                .program("pg_ctl")
                .arg("-D")
                .arg(&data)
                .args(["-w", "-o", &options, "-l"])
                .arg(server.folder.join("log"))
                .arg("start"),
        )?;
        Ok(Some(server))
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if self.switches_user {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }

    fn psql(&self, script: &str) -> Result<String, String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-h",
        ]);
        psql.arg(&self.folder)
            .env("PGOPTIONS", "-c client_min_messages=warning");
        psql.stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = psql.spawn().map_err(text)?;
        let mut input = child.stdin.take().ok_or("no way into psql")?;
        // A script that stops closes its end early.
        let _ = input.write_all(script.as_bytes());
        drop(input);
        answer(&child.wait_with_output().map_err(text)?)
    }

    fn look_in(&self, schema: &str) -> Result<Look, String> {
        let answer = self.psql(&format!("SET search_path = {schema};{SHAPE}"))?;
        let mut lines = answer.lines().map(str::to_owned);
        Ok(Look {
            shape: lines
                .by_ref()
                .take_while(|line| line != "rows follow")
                .collect(),
            rows: lines.collect(),
        })
    }

    fn make(&self, schema: &str, statements: &[String]) -> Result<(), String> {
        self.psql(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}; {};",
            statements.join(";\n")
        ))?;
        Ok(())
    }
}

impl Database for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;

    fn begin_anew(&mut self, statements: &[String]) -> Result<(), String> {
        self.make("public", statements)
    }

    fn run(&mut self, script: &str) -> Result<(), String> {
        self.psql(&format!("BEGIN; {script}; COMMIT;"))?;
        Ok(())
    }

    fn look(&mut self) -> Result<Look, String> {
        self.look_in("public")
    }

    fn look_after(&mut self, statements: &[String]) -> Result<Look, String> {
        self.make("fresh", statements)?;
        self.look_in("fresh")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let _ =
            succeed(
                self.program("pg_ctl")
                    .arg("-D")
                    .arg(data)
                    .args(["-m", "immediate", "stop"]),
            );
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where the programs of the server are.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let versions = versions.into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

fn succeed(command: &mut Command) -> Result<(), String> {
    // The server inherits what is not closed, and would keep the pipe of its starter open.
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = quiet.stderr(Stdio::null()).status();
    let status = status.map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}"))
    }
}

fn answer(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
