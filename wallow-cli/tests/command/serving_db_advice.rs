//! What `wallow serve-db` advises: whoever follows it word for word gets what it promises.

use std::fs;
use std::process::Command;

use crate::project::Project;
use crate::serving_db::{command, project, serve};

/// Executes a command of a message in a shell, as the user of `serve-db`.
fn follow(project: &Project, advice: &str) -> (bool, String) {
    let path = "PATH=$(dirname \"$WALLOW\"):$PATH";
    project.has("follow.sh", &format!("{path}\nexport PATH\n{advice}"));
    let like = command(project, "--data x -- true");
    let mut shell = Command::new("sh");
    shell.arg("follow.sh").current_dir(project.path(""));
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt as _;
        shell
            .uid(crate::serving_db::OTHER)
            .gid(crate::serving_db::OTHER);
    }
    let output = shell.output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}

/// The command in backticks that begins like this.
fn advised<'m>(message: &'m str, begin: &str) -> &'m str {
    let at = message.find(&format!("`{begin}"));
    assert!(at.is_some(), "{message}");
    let behind = &message[at.unwrap() + 1..];
    &behind[..behind.find('`').unwrap()]
}

const FOLDER: &str = "sp ace's $(x)";

#[test]
fn the_dump_is_advised_only_if_it_is_there_and_has_everything() {
    let Some(project) = project() else { return };
    project.has(
        "fill.sh",
        "$WALLOW migrate push && $WALLOW import --from new.csv",
    );
    project.has("new.csv", "rate,seed,loss\n0.1,0,0.5\n0.1,1,0.25\n");
    let data = format!("--data \"{FOLDER}\"");
    let (status, _, stderr) = serve(&project, &format!("{data} -- sh fill.sh"));
    assert_eq!(status, Some(0), "{stderr}");
    let version = project.path(FOLDER).join("data/PG_VERSION");
    let known = fs::read_to_string(&version).unwrap();
    let of_another = || {
        fs::write(&version, "9\n").unwrap();
        let (status, _, stderr) = serve(&project, &format!("{data} -- true"));
        assert_eq!(status, Some(1), "{stderr}");
        fs::write(&version, &known).unwrap();
        stderr
    };
    let stderr = of_another();
    assert!(stderr.contains("or load the dump of "), "{stderr}");
    let advice = advised(&stderr, "wallow serve-db --data NEW").to_owned();
    let (is_fine, said) = follow(&project, &advice);
    assert!(is_fine, "{said}");
    let (status, stdout, stderr) =
        serve(&project, "--data NEW --no-dump -- sh -c \"$WALLOW count\"");
    assert_eq!((status, &*stdout), (Some(0), "2\n"), "{stderr}");
    // A dump that is in the way of its own tables is an error, and nothing is changed.
    let (is_fine, said) = follow(&project, &advice);
    assert!(!is_fine, "{said}");
    // The data is newer than the dump.
    let (status, _, stderr) = serve(&project, &format!("{data} --no-dump -- true"));
    assert_eq!(status, Some(0), "{stderr}");
    let stderr = of_another();
    assert!(stderr.contains("is older than the data"), "{stderr}");
    fs::remove_file(project.path(FOLDER).join("runs.sql")).unwrap();
    let stderr = of_another();
    assert!(stderr.contains("there is no dump"), "{stderr}");
    assert!(!stderr.contains("psql"), "{stderr}");
}

#[test]
fn a_password_that_is_lost_is_made_anew() {
    let Some(project) = project() else { return };
    let data = format!("--data \"{FOLDER}\" --no-dump");
    let (status, _, stderr) = serve(&project, &format!("{data} -- true"));
    assert_eq!(status, Some(0), "{stderr}");
    fs::remove_file(project.path(FOLDER).join("password")).unwrap();
    let (status, _, stderr) = serve(&project, &format!("{data} -- true"));
    assert_eq!(status, Some(1), "{stderr}");
    let (is_fine, said) = follow(&project, advised(&stderr, "(umask"));
    assert!(is_fine, "{said}");
    project.has("ask.sh", "psql -Atc 'SELECT 1' $WALLOW_DATABASE_URL");
    let (status, stdout, stderr) = serve(&project, &format!("{data} -- sh ask.sh"));
    assert_eq!((status, &*stdout), (Some(0), "1\n"), "{stderr}");
}

/// A server that does not start removes the URL of the one before it.
#[test]
fn a_url_that_was_left_is_removed_before_a_server_starts() {
    let Some(project) = project() else { return };
    let (status, _, stderr) = serve(&project, "--data pg --no-dump -- true");
    assert_eq!(status, Some(0), "{stderr}");
    project.has("pg/url", "postgres://wallow:0@127.0.0.1:9/postgres\n");
    fs::remove_file(project.path("pg/password")).unwrap();
    let (status, _, stderr) = serve(&project, "--data pg --no-dump -- true");
    assert_eq!(status, Some(1), "{stderr}");
    assert!(!project.path("pg/url").exists());
}

/// specs 11.23
#[test]
fn data_that_is_half_made_is_refused_with_what_to_do() {
    let Some(project) = project() else { return };
    let data = format!("--data \"{FOLDER}\"");
    project.has("fill.sh", "$WALLOW migrate push");
    let (status, _, stderr) = serve(&project, &format!("{data} -- sh fill.sh"));
    assert_eq!(status, Some(0), "{stderr}");
    let password = project.text(&format!("{FOLDER}/password"));
    for lacking in ["PG_VERSION", "global/pg_control"] {
        let path = project.path(FOLDER).join("data").join(lacking);
        let aside = project.path("aside");
        fs::rename(&path, &aside).unwrap();
        let (status, _, stderr) = serve(&project, &format!("{data} -- true"));
        assert_eq!(status, Some(1), "{stderr}");
        assert!(
            stderr.contains(&format!("is half made: it has no `{lacking}`"))
                && stderr.contains("or load the dump of "),
            "{stderr}"
        );
        assert_eq!(project.text(&format!("{FOLDER}/password")), password);
        if lacking == "PG_VERSION" {
            fs::rename(&aside, &path).unwrap();
            continue;
        }
        // What the message says leads out.
        let (is_fine, said) = follow(&project, advised(&stderr, "mv "));
        assert!(is_fine, "{said}");
        let line = format!("{data} --no-dump -- sh -c \"$WALLOW migrate push\"");
        let (status, _, stderr) = serve(&project, &line);
        assert_eq!(status, Some(0), "{stderr}");
    }
}

#[test]
fn a_new_folder_has_no_queue_and_the_advice_makes_one() {
    let Some(project) = project() else { return };
    project.edits("name = \"sweep\"", "name = \"sweep\"\nlifecycle = true");
    let data = format!("--data \"{FOLDER}\" --no-dump");
    let work = format!("{data} -- sh -c \"$WALLOW work -- true\"");
    let (status, _, stderr) = serve(&project, &work);
    assert_eq!(status, Some(1), "{stderr}");
    let advice = advised(&stderr, "wallow serve-db --data").to_owned();
    let advice = advice.replace("FIELD=VALUES…", "rate=0.1 seed=0");
    let (is_fine, said) = follow(&project, &advice);
    assert!(is_fine, "{said}");
    let (status, _, stderr) = serve(&project, &work);
    assert_eq!(status, Some(0), "{stderr}");
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_with_what_to_do() {
    let Some(project) = project() else { return };
    project.has("pg/serve-db.lock", "");
    fs::create_dir_all(project.path("pg/runs.sql")).unwrap();
    std::os::unix::fs::symlink("nowhere/x", project.path("dangling")).unwrap();
    for (line, said) in [
        ("--data pg -- true", "move the folder away"),
        ("--data dangling -- true", "name another one with `--data`"),
        ("--data /proc/x/y -- true", "name another one with `--data`"),
        ("--data new --port -1 -- true", "-1 is not in 0..=65535"),
    ] {
        let (status, _, stderr) = serve(&project, line);
        assert!(matches!(status, Some(1 | 2)), "{line}: {stderr}");
        assert!(stderr.contains(said), "{line}: {stderr}");
    }
}

/// A message that names two commands has the URL twice, and what is between them is kept.
#[test]
fn advice_with_a_url_is_whole_with_and_without_a_password() {
    let Some(project) = project() else { return };
    project.has(
        "job.sh",
        "export PGPASSWORD=$(cat pg/password)\n\
         for url in $WALLOW_DATABASE_URL $(echo $WALLOW_DATABASE_URL | sed 's/wallow:[^@]*@/wallow@/')\n\
         do $WALLOW ls --db $url; done",
    );
    let (status, _, stderr) = serve(&project, "--data pg --no-dump -- sh job.sh");
    assert_eq!(status, Some(1), "{stderr}");
    let errors = stderr.lines().filter(|line| line.starts_with("error"));
    let errors = errors.collect::<Vec<_>>();
    let password = project.text("pg/password");
    for (error, user) in errors.iter().zip(["wallow:…", "wallow"]) {
        assert!(!error.contains(password.trim()), "{error}");
        let url = format!("postgres://{user}@127.0.0.1:");
        for part in ["migrate generate \"initial\"`", "migrate push`"] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(error.matches(&url).count(), 4, "{error}");
    }
    assert_eq!(errors.len(), 2, "{stderr}");
}
