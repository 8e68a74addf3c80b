//! Copies of this test program in other processes.
//!
//! A child is this same program; its environment says which part it plays. It writes lines to its parent: `ready`, then
//! its answers. All children of a crew wait for the end of their stdin, which the parent closes for all of them at the
//! same moment.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

const NAME: &str = "WALLOW_TEST_PART";
const NUMBER: &str = "WALLOW_TEST_NUMBER";
const FOLDER: &str = "WALLOW_TEST_FOLDER";
const DATABASE: &str = "WALLOW_TEST_DATABASE";

/// The task of a child.
pub(crate) struct Part {
    pub(crate) name: String,
    /// Its place in the crew, from 0.
    pub(crate) number: i64,
    folder: PathBuf,
    database: String,
}

impl Part {
    /// The part of this process, if it is a child.
    pub(crate) fn of_this_process() -> Option<Self> {
        Some(Part {
            name: env::var(NAME).ok()?,
            number: env::var(NUMBER).ok()?.parse().ok()?,
            folder: env::var_os(FOLDER)?.into(),
            database: env::var(DATABASE).ok()?,
        })
    }

    /// Waits until the whole crew is there.
    #[expect(
        clippy::unused_self,
        reason = "only a child may wait: a parent would wait for its terminal"
    )]
    pub(crate) fn wait_for_the_others(&self) {
        say("ready");
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    }

    /// The URL of the crew's database.
    pub(crate) fn database(&self) -> String {
        self.database.clone()
    }

    /// Where the crew keeps its files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the crew may go on.
    pub(crate) fn is_released(&self) -> bool {
        self.folder.join("released").exists()
    }

    /// Whether the crew is no longer needed.
    pub(crate) fn is_dismissed(&self) -> bool {
        self.folder.join("dismissed").exists()
    }
}

/// Sends an answer to the parent.
pub(crate) fn answer(text: impl std::fmt::Display) {
    say(&format!("answer {text}"));
}

/// Prints on a line of its own, because the harness may have begun one.
fn say(line: &str) {
    println!("\n{line}");
}

/// The default database of a crew that works in this folder.
pub(crate) fn database(folder: &Path) -> String {
    folder.join("runs.db").to_str().unwrap().to_owned()
}

/// Lets the children that work in this folder go on.
pub(crate) fn release(folder: &Path) {
    File::create(folder.join("released")).unwrap();
}

/// Children that play one part together; killed when the test fails before they are done.
pub(crate) struct Crew {
    folder: PathBuf,
    members: Vec<Member>,
}

/// One child; killed when it is dropped before it is done.
pub(crate) struct Member {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Crew {
    /// Starts this many children, and lets them begin when all are ready.
    pub(crate) fn start(part: &str, count: i64, folder: &Path) -> Self {
        Crew::start_on(&database(folder), part, count, folder)
    }

    /// Starts workers on the database with this URL.
    pub(crate) fn start_on(url: &str, part: &str, count: i64, folder: &Path) -> Self {
        let mut crew = Crew {
            folder: folder.to_owned(),
            members: (0..count)
                .map(|number| Member::start(url, part, number, folder))
                .collect(),
        };
        for member in &mut crew.members {
            let ready = member.lines.any(|line| line.unwrap() == "ready");
            assert!(ready, "a child ended before it was ready");
        }
        for member in &mut crew.members {
            drop(member.process.stdin.take());
        }
        crew
    }

    /// The answers of each child, when all have ended well.
    pub(crate) fn answers(mut self) -> Vec<Vec<String>> {
        self.members.iter_mut().map(Member::answers).collect()
    }

    /// Waits until each child has answered this many times; these answers are not given again.
    pub(crate) fn wait_for_answers(&mut self, count: usize) {
        for member in &mut self.members {
            for _ in 0..count {
                assert!(member.answer().is_some(), "a child ended too early");
            }
        }
    }

    /// Kills a crew of one after this many answers; returns all of its answers.
    pub(crate) fn kill_after(mut self, count: usize) -> Vec<String> {
        let member = &mut self.members[0];
        let mut answers = member.lines.by_ref().filter_map(parse);
        let mut given = answers.by_ref().take(count).collect::<Vec<_>>();
        member.process.kill().unwrap();
        given.extend(answers);
        assert!(!member.process.wait().unwrap().success());
        given
    }

    /// Kills a crew of one when `is_time` returns true. It may have ended well before that.
    pub(crate) fn kill_when(mut self, mut is_time: impl FnMut() -> bool) {
        let process = &mut self.members[0].process;
        while !is_time() {
            if process.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::yield_now();
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Says that the crew is no longer needed.
    pub(crate) fn dismiss(&self) {
        File::create(self.folder.join("dismissed")).unwrap();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // A process that has ended cannot be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Member {
    /// Starts one child, which does not wait for the others unless its part does.
    pub(crate) fn start(url: &str, part: &str, number: i64, folder: &Path) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_child_plays_its_part", "--nocapture"])
            .env(NAME, part)
            .env(NUMBER, number.to_string())
            .env(FOLDER, folder)
            .env(DATABASE, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Member { process, lines }
    }

    /// Its number as a process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its next answer; `None` when it has ended.
    pub(crate) fn answer(&mut self) -> Option<String> {
        self.lines.by_ref().find_map(parse)
    }

    /// Its last answer, when it has ended well.
    pub(crate) fn last_answer(&mut self) -> Option<String> {
        self.answers().pop()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// The end of `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn answers(&mut self) -> Vec<String> {
        let answers = self.lines.by_ref().filter_map(parse).collect();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "a child failed: {status}");
        answers
    }
}

fn parse(line: std::io::Result<String>) -> Option<String> {
    line.unwrap().strip_prefix("answer ").map(str::to_owned)
}
