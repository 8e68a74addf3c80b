//! Requests that the page does not make, and what they must not get.

use std::fs;

use serde_json::json;

use crate::project::{Project, SCHEMA};
use crate::server::{Server, encoded};

#[test]
fn nothing_is_read_without_the_token() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    let host = format!("Host: 127.0.0.1:{}", server.port);
    let right = format!("Authorization: Bearer {}", server.token);
    for path in [
        "/",
        "/api/count",
        "/api/rows",
        "/favicon.ico",
        "/../runs.db",
    ] {
        let get = format!("GET {path} HTTP/1.1");
        let mut wrong = vec![
            "Authorization: Bearer".to_owned(),
            format!("Authorization: Basic {}", server.token),
            format!("{right}0"),
            format!("{right}\r\n{right}"),
            format!("Cookie: token={}", server.token),
        ];
        wrong.push("Accept: */*".into());
        for header in wrong {
            let answer = server.send(&[&get, &host, &header]);
            assert!(
                [400, 403].contains(&answer.status),
                "{path} {header}: {answer:?}"
            );
            assert!(!answer.body.contains("00000000000a"), "{answer:?}");
            assert!(!answer.body.contains("sweep"), "{answer:?}");
        }
    }
    assert_eq!(server.ask("/api/count").json(), json!({ "runs": 2 }));
    let other = Server::start(&project, "");
    assert_ne!(server.token, other.token);
}

#[test]
fn the_name_of_the_server_is_checked() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "--allow-host lab.example");
    let get = format!("GET /api/count?token={} HTTP/1.1", server.token);
    let answer = |headers: &[&str]| {
        let lines = std::iter::once(get.as_str()).chain(headers.iter().copied());
        server.send(&lines.collect::<Vec<_>>()).status
    };
    for host in [
        "localhost",
        "127.0.0.1:1",
        "[::1]:5",
        "lab.example:443",
        "LAB.example",
    ] {
        assert_eq!(answer(&[&format!("Host: {host}")]), 200, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "x@localhost", ""] {
        let status = answer(&[&format!("Host: {host}")]);
        assert!([400, 403].contains(&status), "{host}: {status}");
    }
    assert_ne!(answer(&["Host: localhost", "Host: evil.example"]), 200);
    // A server in the first line counts instead of `Host`.
    for (target, status) in [
        ("localhost", 200),
        ("127.0.0.1:5", 200),
        ("lab.example", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("evil.example@localhost", 403),
        ("localhost@evil.example", 403),
    ] {
        let get = format!(
            "GET http://{target}/api/count?token={} HTTP/1.1",
            server.token
        );
        let answer = server.send(&[&get, "Host: localhost"]);
        assert_eq!(answer.status, status, "{target}: {answer:?}");
    }
    assert_eq!(
        answer(&["Host: localhost:5", "Origin: http://localhost:5"]),
        200
    );
    for origin in [
        "http://evil.example",
        "null",
        "http://localhost:6",
        "http://localhost:5.evil.example",
    ] {
        let status = answer(&["Host: localhost:5", &format!("Origin: {origin}")]);
        assert_eq!(status, 403, "{origin}");
    }
}

#[test]
fn only_reading_is_allowed() {
    let project = Project::with_runs(SCHEMA);
    let before = project.files();
    let server = Server::start(&project, "");
    let host = format!("Host: localhost:{}", server.port);
    let right = format!("Authorization: Bearer {}", server.token);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = server.send(&[&format!("{method} /api/count HTTP/1.1"), &host, &right]);
        assert_eq!(answer.status, 405, "{method}: {answer:?}");
    }
    let head = server.send(&["HEAD / HTTP/1.1", &host, &right]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for what in [
        "rows?columns=%5B%22id%22%5D&limit=9",
        "progress",
        "facts",
        "run?run=1",
    ] {
        server.ask(&format!("/api/{what}")).json();
    }
    drop(server);
    // SQLite's own files beside an open database may come and go.
    let kept = |files: Vec<(std::path::PathBuf, Vec<u8>)>| {
        let mut files = files;
        files.retain(|(path, _)| !path.to_string_lossy().contains("runs.db-"));
        files
    };
    assert_eq!(kept(project.files()), kept(before));
}

#[test]
fn answers_say_how_they_may_be_used() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    for path in ["/", "/api/count", "/nothing"] {
        let answer = server.ask(path);
        for header in [
            "content-security-policy: default-src 'none'; ",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "x-frame-options: DENY",
            "referrer-policy: no-referrer",
        ] {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
        assert!(!answer.head.contains("unsafe"), "{}", answer.head);
        assert!(
            !answer.head.to_lowercase().contains("access-control"),
            "{}",
            answer.head
        );
    }
}

/// Whatever a parameter says, it is an answer or a refusal, never a file.
#[test]
fn no_parameter_names_a_file() {
    let project = Project::with_runs(SCHEMA);
    project.has("secret.txt", "the secret");
    project.has("attempt-1.err", "the secret");
    let server = Server::start(&project, "");
    let names = [
        "where", "sort", "columns", "after", "limit", "runs", "field", "run", "metric", "keys",
        "lowest", "attempt", "stream", "anything",
    ];
    for what in [
        "check", "count", "rows", "sample", "curves", "run", "csv", "facts", "groups", "progress",
        "log", "..", "",
    ] {
        for name in names {
            for value in [
                "../secret.txt",
                "..",
                "../../../../etc/passwd",
                "[\"../secret.txt\"]",
                "\u{0}",
                "1; DROP TABLE runs",
                "'\"`<script>",
            ] {
                let usual = [
                    ("run", "1"),
                    ("attempt", "1"),
                    ("stream", "err"),
                    ("field", "loss"),
                    ("limit", "5"),
                ];
                let usual = usual.iter().filter(|(other, _)| *other != name);
                let usual = usual.map(|(name, value)| format!("&{name}={value}"));
                let path = format!(
                    "/api/{what}?{name}={}{}",
                    encoded(value),
                    usual.collect::<String>()
                );
                let answer = server.ask(&path);
                assert!(
                    [200, 400, 404].contains(&answer.status),
                    "{path}: {answer:?}"
                );
                assert!(!answer.body.contains("the secret"), "{path}: {answer:?}");
                assert!(!answer.body.contains("root:"), "{path}: {answer:?}");
                assert!(!answer.body.contains("<script"), "{path}: {answer:?}");
            }
        }
    }
    assert_eq!(server.ask("/api/count").json(), json!({ "runs": 2 }));
}

#[test]
fn mistakes_come_with_their_place() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    for what in ["count", "rows", "progress", "facts"] {
        let rest = "columns=%5B%5D&limit=5";
        let answer = server.ask(&format!(
            "/api/{what}?where={}&{rest}",
            encoded("seed == 1 and los < 1")
        ));
        assert_eq!(answer.status, 400);
        let refusal = serde_json::from_str::<serde_json::Value>(&answer.body).unwrap();
        assert_eq!(
            refusal,
            json!({ "message": "unknown field `los`", "help": "did you mean `loss`?", "column": 15 })
        );
    }
    // Only what a person typed is an answer, because a browser logs other statuses.
    let checked = server.ask(&format!("/api/check?where={}", encoded("los < 1")));
    assert_eq!(checked.json()["mistake"]["column"], 1);
    assert_eq!(server.ask("/api/check?where=true").json(), json!({}));
    for path in [
        "/api/rows?columns=%5B%22los%22%5D&limit=5",
        "/api/rows?columns=%5B%22id%22%5D",
        "/api/rows?columns=id&limit=5",
        "/api/rows?columns=%5B%22id%22%5D&limit=5&after=x",
        "/api/rows?columns=%5B%22id%22%5D&limit=5&sort=-los",
        "/api/count?where=true&where=false",
    ] {
        assert_eq!(server.ask(path).status, 400, "{path}");
    }
}

#[test]
fn logs_are_found_by_run_and_attempt() {
    let project = Project::with_runs(SCHEMA);
    let folder = "artefacts/00000000000a";
    project.has(
        &format!("{folder}/attempt-1.err"),
        &format!("{}the end\n", "x".repeat(100_000)),
    );
    project.has(&format!("{folder}/attempt-2.out"), "");
    project.has("secret.txt", "the secret");
    let link = project.path(&format!("{folder}/attempt-3.err"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.path("secret.txt"), link).unwrap();
    #[cfg(not(unix))]
    fs::write(link, "").unwrap();
    let server = Server::start(&project, "");
    let run = server.ask("/api/run?run=1").json();
    assert_eq!(run["values"]["uuid"], "00000000000a");
    assert_eq!(run["attempts"][0]["attempt"], 1);
    let log = |attempt: u32, stream: &str| {
        server
            .ask(&format!(
                "/api/log?run=00000000000a&attempt={attempt}&stream={stream}"
            ))
            .json()
    };
    let end = log(1, "err");
    assert!(end["text"].as_str().unwrap().ends_with("xthe end\n"));
    assert_eq!(end["isCut"], true);
    assert!(end["text"].as_str().unwrap().len() <= 65_536);
    assert_eq!(log(2, "out"), json!({ "text": "", "isCut": false }));
    assert_eq!(log(2, "err"), json!({ "text": null, "isCut": false }));
    assert_eq!(log(3, "err"), json!({ "text": null, "isCut": false }));
    fs::remove_dir_all(project.path("artefacts")).unwrap();
    assert_eq!(server.ask("/api/run?run=1").json()["attempts"], json!([]));
}

#[test]
fn a_port_that_is_taken_is_reported() {
    let project = Project::with_runs(SCHEMA);
    let server = Server::start(&project, "");
    let error = project
        .wallow(&format!("ui --port {}", server.port))
        .refuses();
    assert!(error.contains("name a free port with `--port`"), "{error}");
    assert!(
        server.url.starts_with("http://127.0.0.1:"),
        "{}",
        server.url
    );
}
