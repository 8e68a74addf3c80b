//! A project in a temporary folder, and the command in it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

/// A small schema.
pub(crate) const SCHEMA: &str = r#"[project]
name = "sweep"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"
"#;

/// A folder with a wallow.toml.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Project {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn with(schema: &str) -> Self {
        let project = Project::empty();
        project.declares(schema);
        project
    }

    /// A schema with its first migration, and a database with this migration and two runs.
    pub(crate) fn with_runs(schema: &str) -> Self {
        let project = Project::with(schema);
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        project.has_run("00000000000a", "rate, seed, loss", "0.1, 0, 0.5");
        project.has_run("00000000000b", "rate, seed, loss", "0.1, 1, 0.25");
        project
    }

    /// Writes wallow.toml.
    pub(crate) fn declares(&self, schema: &str) {
        self.has("wallow.toml", schema);
    }

    /// Replaces a text in wallow.toml.
    pub(crate) fn edits(&self, before: &str, after: &str) {
        self.edits_file("wallow.toml", before, after);
    }

    pub(crate) fn edits_file(&self, path: &str, before: &str, after: &str) {
        let text = self.text(path);
        assert!(text.contains(before), "{text}");
        self.has(path, &text.replace(before, after));
    }

    pub(crate) fn has(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The database of the commands, as an argument.
    pub(crate) fn database(&self) -> String {
        let variable = self.variables.iter();
        let mut variable = variable.filter(|(name, _)| *name == "WALLOW_DATABASE_URL");
        variable
            .next()
            .map_or("runs.db".to_owned(), |(_, url)| url.clone())
    }

    /// Sets a variable for the following commands.
    pub(crate) fn sets(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Every file and its bytes, including databases.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// The names of the migrations, oldest first.
    pub(crate) fn migrations(&self) -> Vec<String> {
        let Ok(folders) = fs::read_dir(self.path("migrations/sqlite")) else {
            return Vec::new();
        };
        let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
        let mut names = names.collect::<Vec<_>>();
        names.sort();
        names
    }

    /// Runs statements on runs.db, like another program.
    pub(crate) fn executes(&self, sql: &str) {
        self.connection().batch_execute(sql).unwrap();
    }

    /// Runs statements on another database.
    pub(crate) fn executes_on(&self, path: &str, sql: &str) {
        let path = self.path(path);
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute(sql).unwrap();
    }

    /// Adds a run to runs.db.
    pub(crate) fn has_run(&self, uuid: &str, columns: &str, values: &str) {
        self.executes(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, {columns}) VALUES \
             ('{uuid}', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', {values})"
        ));
    }

    /// The result of a query of runs.db as text.
    pub(crate) fn reads(&self, query: &str) -> String {
        let query = format!("SELECT coalesce(CAST(({query}) AS TEXT), 'NULL')");
        let text = sql::<Text>(&query).get_result(&mut self.connection());
        text.unwrap()
    }

    /// An open connection to runs.db.
    pub(crate) fn connection(&self) -> SqliteConnection {
        SqliteConnection::establish(self.path("runs.db").to_str().unwrap()).unwrap()
    }

    /// Runs `wallow …` in the folder, with arguments as a person types them; quotes keep words together.
    pub(crate) fn wallow(&self, line: &str) -> Answer {
        self.wallow_in(".", line)
    }

    /// The same in a subfolder.
    pub(crate) fn wallow_in(&self, folder: &str, line: &str) -> Answer {
        let output = self.command(folder, line).output().unwrap();
        let text = |bytes| self.redacted(&String::from_utf8(bytes).unwrap());
        Answer {
            line: line.to_owned(),
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    pub(crate) fn command(&self, folder: &str, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wallow"));
        command
            .args(words(line))
            .current_dir(self.path(folder))
            .stdin(Stdio::null())
            .env_remove("WALLOW_DATABASE_URL")
            .env_remove("DATABASE_URL")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Reads the first line of the output and then closes the pipe, which is not an error.
    pub(crate) fn first_line(&self, line: &str) -> String {
        let mut child = self
            .command(".", line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut pipe = BufReader::with_capacity(1, child.stdout.take().unwrap());
        pipe.read_line(&mut first).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
        first
    }

    /// The text without the parts that differ each time.
    fn redacted(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        let mut text = text.replace(folder.to_str().unwrap(), "[FOLDER]");
        for (index, name) in self.migrations().iter().enumerate() {
            let stamp = name.split('_').next().unwrap();
            let number = ["FIRST", "SECOND", "THIRD"][index];
            text = text.replace(stamp, &format!("[{number}]"));
            text = text.replace(&stamp.replace('-', ""), &format!("[{number}]"));
        }
        text
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The output of a command, and its exit status.
#[must_use = "say how it should have ended"]
pub(crate) struct Answer {
    line: String,
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// The output, if the status is success.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        self.ends_with(0);
        assert_eq!(self.stderr, "", "{}", self.line);
        self.stdout
    }

    /// The report, if the status is a finding.
    #[track_caller]
    pub(crate) fn finds(self) -> String {
        self.ends_with(1);
        assert_eq!(self.stderr, "", "{}", self.line);
        self.stdout
    }

    /// The error, if the command was refused.
    #[track_caller]
    pub(crate) fn refuses(self) -> String {
        self.ends_with(1);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        self.stderr
    }

    /// The error, if the usage was wrong.
    #[track_caller]
    pub(crate) fn misuses(self) -> String {
        self.ends_with(2);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        self.stderr
    }

    #[track_caller]
    fn ends_with(&self, status: i32) {
        let Answer {
            line,
            stdout,
            stderr,
            ..
        } = self;
        assert_eq!(self.status, Some(status), "wallow {line}\n{stdout}{stderr}");
    }
}
