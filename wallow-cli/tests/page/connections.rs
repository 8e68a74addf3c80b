//! Connections that keep a server busy, and what it says about them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::process::Stdio;

use serde_json::json;

use crate::project::{Project, SCHEMA};
use crate::server::Server;

/// More than a server keeps open.
const MANY: usize = 400;

/// Connections that send half of a request, or nothing, keep nobody out: the oldest of them make room.
#[test]
fn half_a_request_blocks_nobody() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    let silent = (0..MANY).map(|index| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        if index % 2 == 0 {
            stream
                .write_all(b"GET /api/count HTTP/1.1\r\nHost: ")
                .unwrap();
        }
        stream
    });
    let mut silent = silent.collect::<Vec<_>>();
    for _ in 0..3 {
        assert_eq!(server.ask("/api/count").json(), json!({ "runs": 2 }));
    }
    let mut ended = Vec::new();
    // A connection that was closed with unread bytes ends with an error.
    let _ = silent[0].read_to_end(&mut ended);
    assert!(ended.is_empty(), "{ended:?}");
}

/// A request has to be complete after some seconds, however it trickles in.
#[test]
fn a_request_that_trickles_in_is_given_up() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        let mut sent = stream.write_all(b"GET /api/count HTTP/1.1\r\nX: ");
        while sent.is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(100));
            sent = stream.write_all(b"x");
        }
    });
    // It ends, whether with a refusal or with nothing; without a limit this would wait for ever.
    let mut answer = String::new();
    let _ = reader.read_to_string(&mut answer);
    assert!(!answer.contains("200"), "{answer}");
    writer.join().unwrap();
}

/// What browsers and strangers send is no business of the terminal.
#[test]
fn the_terminal_stays_quiet() {
    let project = Project::with_runs(SCHEMA);
    project.executes("UPDATE runs SET loss = 'much' WHERE seed = 1");
    let mut child = project.command(".", "ui --port 0");
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut url = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut url).unwrap();
    let (address, token) = url.trim_end().split_once("/?token=").unwrap();
    let address = address.strip_prefix("http://").unwrap();
    for request in [
        "\u{0}\u{1}\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n".to_owned(),
        format!(
            "GET /api/rows?token={token}&limit=9&columns=%5B%22loss%22%5D HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "note: the database is only read; Ctrl-C ends the server\n"
    );
}

/// A server that listens at all addresses reports them, and what the token protects.
#[test]
fn every_address_is_named() {
    let project = Project::with_runs(SCHEMA);
    let mut child = project.command(".", "ui --port 0 --host 0.0.0.0");
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let notes = [(); 2].map(|()| said.next().unwrap().unwrap());
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        notes[1].contains("whoever has its address with the token can read every run"),
        "{notes:?}"
    );
    let lines = printed.lines().collect::<Vec<_>>();
    // The way from this machine comes last, because others cannot go it.
    let last = lines.last().unwrap();
    assert!(last.starts_with("http://127.0.0.1:"), "{printed}");
    for line in &lines {
        assert!(line.contains("/?token="), "{line}");
    }
    let hosts = lines.iter().filter_map(|line| {
        let (host, _) = line.strip_prefix("http://")?.rsplit_once(':')?;
        let (host, _) = host.rsplit_once(':').unwrap_or((host, ""));
        host.parse::<IpAddr>().ok()
    });
    let unspecified = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    assert!(hosts.into_iter().all(|host| host != unspecified));
}

/// Runs that cannot be read are counted wherever others are shown.
#[test]
fn unreadable_runs_are_counted() {
    let project = Project::with_runs(SCHEMA);
    project.executes("UPDATE runs SET loss = 'much' WHERE seed = 1");
    let server = Server::start(&project, "");
    let columns = "columns=%5B%22uuid%22,%22loss%22%5D&limit=9";
    for what in ["rows", "sample"] {
        let answer = server.ask(&format!("/api/{what}?{columns}")).json();
        assert_eq!(answer["damaged"]["count"], 1, "{what}");
        let reason = answer["damaged"]["reasons"][0].as_str().unwrap();
        assert!(reason.contains("00000000000b"), "{reason}");
        assert_eq!(answer["data"]["loss"], json!([0.5]), "{what}");
    }
    let whole = server.ask("/api/rows?columns=%5B%22uuid%22%5D&limit=9");
    assert_eq!(whole.json()["damaged"], json!(null));

    let csv = server.ask("/api/csv?columns=%5B%22seed%22,%22loss%22%5D&download=one");
    assert!(csv.body.contains("0,0.5"), "{csv:?}");
    let left_out = |name: &str| {
        let answer = server.ask(&format!("/api/left_out?download={name}"));
        answer.json()["damaged"]["count"].clone()
    };
    assert_eq!(left_out("one"), json!(1));
    // It is reported once, and without other files.
    assert_eq!(left_out("one"), json!(null));
    assert_eq!(left_out("two"), json!(null));
}

/// What is computed of many runs is that of those that can be read, and a run that cannot be read says why.
#[test]
fn unreadable_values_take_no_answer_of_others() {
    let project = Project::with(
        "[project]\nname = \"damaged\"\n[identifying.seed]\ntype = \"int\"\n[identifying.rate]\ntype = \"float\"\n[annotating.loss]\ntype = \"float\"\n\
         [annotating.good]\ntype = \"bool\"\n",
    );
    let rows = (0..30).map(|seed| format!("{seed},{},{seed},{}\n", seed % 3, seed % 2 == 0));
    project.has(
        "runs.csv",
        &format!("seed,rate,loss,good\n{}", rows.collect::<String>()),
    );
    project.wallow("migrate push --yes").succeeds();
    project.wallow("import --from runs.csv").succeeds();
    project.executes("UPDATE runs SET loss = 'much' WHERE seed = 1");
    project.executes("UPDATE runs SET good = 'very' WHERE seed = 2");
    let server = Server::start(&project, "");
    let ask = |what: &str| server.ask(&format!("/api/{what}")).json();

    let groups = ask("groups?limit=9&metric=loss");
    assert_eq!(groups["groups"][0]["n"], 29, "{groups}");
    assert_eq!(groups["damaged"]["count"], 1, "{groups}");
    let groups = ask("groups?limit=9&keys=%5B%22good%22%5D");
    assert_eq!(groups["groups"].as_array().unwrap().len(), 2, "{groups}");
    assert_eq!(groups["damaged"]["count"], 1, "{groups}");

    let facts = ask("facts");
    assert_eq!(facts["runs"], 30, "{facts}");
    assert_eq!(facts["facts"]["seed"]["max"], 29, "{facts}");
    assert_eq!(facts["facts"]["good"]["varies"], true, "{facts}");

    let shares = ask("importance?metric=loss");
    let said = shares.to_string();
    assert_eq!(shares["damaged"]["count"], 1, "{said}");

    let run = ask("run?run=2");
    assert_eq!(run["values"], json!(null), "{run}");
    let reason = run["damaged"]["reasons"][0].as_str().unwrap();
    assert!(reason.contains("field `loss`"), "{reason}");
    assert_eq!(ask("run?run=99")["damaged"], json!(null));
}

/// The machine and the process of a run at work come from its last attempt.
#[cfg(unix)]
#[test]
fn runs_at_work_have_a_host() {
    let project = Project::with(
        "[project]\nname = \"tries\"\nlifecycle = true\nattempts = true\n[identifying.seed]\ntype = \"int\"\n",
    );
    project.wallow("enqueue seed=1,2").succeeds();
    project.wallow("claim --json").succeeds();
    assert_eq!(project.wallow("work -- false").status, Some(1));
    let server = Server::start(&project, "");
    let progress = server.ask("/api/progress").json();
    let at_work = &progress["running"][0]["last_attempt"];
    assert!(at_work["host"].is_string(), "{progress}");
    assert!(at_work["pid"].is_i64(), "{progress}");
    assert!(at_work["started_at"].is_string(), "{progress}");
    let failed = &progress["failures"][0]["last_attempt"];
    assert_eq!(failed["exit_code"], 1, "{progress}");
}
