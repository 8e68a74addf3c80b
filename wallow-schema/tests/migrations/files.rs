//! A migration as files: the same for the same change, and either written completely or not at all.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use expect_test::expect;
use wallow_schema::Schema;
use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::{self, File, Migration};
use wallow_schema::snapshot::Snapshot;

pub(crate) fn schema(fields: &str) -> Result<Schema, Box<dyn Error>> {
    let text = format!("[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n{fields}");
    Ok(wallow_schema::parse(&text, "wallow.toml")?)
}

pub(crate) fn next(
    name: &str,
    head: Option<&Snapshot>,
    fields: &str,
) -> Result<Migration, Box<dyn Error>> {
    let schema = schema(fields)?;
    let steps = diff(head.map(|head| &head.schema), &schema, &Hints::default())?;
    Ok(Migration::new(name.parse()?, head, &schema, &steps))
}

fn two() -> Result<[Migration; 2], Box<dyn Error>> {
    let first = next("2026-01-31-120000_initial", None, "")?;
    let fields = "[annotating.loss]\ntype = 'float'\nindexed = true";
    let second = next("2026-02-01-083000_add_loss", Some(&first.snapshot), fields)?;
    Ok([first, second])
}

/// Everything below a folder.
fn everything(folder: &Path) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.display().to_string();
                files.insert(name.replace('\\', "/"), fs::read_to_string(path)?);
            }
        }
    }
    Ok(files)
}

#[test]
fn a_migration_is_these_files() -> Result<(), Box<dyn Error>> {
    let [_, second] = two()?;
    let files = second.files();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let expected = [
        "sqlite/2026-02-01-083000_add_loss/up.sql",
        "sqlite/2026-02-01-083000_add_loss/down.sql",
        "sqlite/2026-02-01-083000_add_loss/metadata.toml",
        "postgres/2026-02-01-083000_add_loss/up.sql",
        "postgres/2026-02-01-083000_add_loss/down.sql",
        "postgres/2026-02-01-083000_add_loss/metadata.toml",
        "snapshots/2026-02-01-083000_add_loss.toml",
    ];
    assert_eq!(paths, expected);
    expect![[r#"
        -- 2026-02-01-083000_add_loss: down, for PostgreSQL. Written by wallow from the changes of wallow.toml, to be reviewed.

        -- Drop the index of `loss`.
        DROP INDEX "ix_runs_loss";

        -- Drop the annotating field `loss`.
        -- LOST: the values of `loss`
        ALTER TABLE "runs" DROP COLUMN "loss";
    "#]]
    .assert_eq(&second.postgres.down);
    expect![[r"
        # One transaction holds the whole script and the note that it was applied; a crash leaves all of it, or nothing.
        run_in_transaction = true
    "]]
    .assert_eq(&second.sqlite.metadata);
    Ok(())
}

#[test]
fn the_same_change_gives_the_same_bytes() -> Result<(), Box<dyn Error>> {
    let [one, other] = [tempfile::tempdir()?, tempfile::tempdir()?];
    for folder in [&one, &other] {
        for migration in two()? {
            migration::write(folder.path(), &migration.files())?;
        }
    }
    let files = everything(one.path())?;
    assert_eq!(files.len(), 14);
    assert_eq!(files, everything(other.path())?);
    Ok(())
}

#[test]
fn what_is_written_is_loaded() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("deep/migrations");
    let [first, second] = two()?;
    migration::write(&migrations, &first.files())?;
    migration::write(&migrations, &second.files())?;
    let history = migration::load(&migrations)?;
    assert_eq!(history.migrations(), [first, second.clone()]);
    assert_eq!(history.head(), Some(&second.snapshot));
    assert_eq!(history.find("2026-02-01-083000".parse()?), Some(&second));
    assert!(history.others().is_empty());
    Ok(())
}

#[test]
fn nothing_is_written_over() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let [first, _] = two()?;
    migration::write(folder.path(), &first.files())?;
    let before = everything(folder.path())?;
    let mut other = first.files();
    for file in &mut other {
        file.text.clear();
    }
    let error = migration::write(folder.path(), &other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(everything(folder.path())?, before);
    Ok(())
}

#[test]
fn what_cannot_be_written_whole_is_not_written() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    fs::create_dir(&migrations)?;
    // The snapshots cannot get their folder, and they are written last.
    fs::write(migrations.join("snapshots"), "mine")?;
    let [first, _] = two()?;
    assert!(migration::write(&migrations, &first.files()).is_err());
    let left: Vec<_> = fs::read_dir(&migrations)?.collect::<Result<_, _>>()?;
    assert_eq!(left.len(), 1);
    assert_eq!(fs::read_to_string(migrations.join("snapshots"))?, "mine");

    let nowhere = folder.path().join("a/b");
    let impossible = File {
        path: "c\0/d/e".to_owned(),
        text: String::new(),
    };
    assert!(migration::write(&nowhere, &[impossible]).is_err());
    assert!(!folder.path().join("a").exists());
    Ok(())
}

/// A link in place of a file is not followed, wherever it leads.
#[cfg(unix)]
#[test]
fn no_link_is_written_through() -> Result<(), Box<dyn Error>> {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir()?;
    let victim = folder.path().join("victim");
    fs::write(&victim, "mine")?;
    let [first, _] = two()?;
    for (place, to) in [
        ("snapshots/2026-01-31-120000_initial.toml", "victim"),
        ("snapshots/2026-01-31-120000_initial.toml", "nowhere"),
        ("sqlite/2026-01-31-120000_initial", "nowhere"),
    ] {
        let migrations = folder.path().join("migrations");
        let place = migrations.join(place);
        fs::create_dir_all(place.parent().ok_or("no folder")?)?;
        symlink(folder.path().join(to), &place)?;
        let error = migration::write(&migrations, &first.files()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
        assert_eq!(fs::read_to_string(&victim)?, "mine");
        assert!(!folder.path().join("nowhere").exists());
        fs::remove_dir_all(&migrations)?;
    }
    // The first name that is written is unpredictable, so nobody can put anything there. Files of a killed process do
    // no harm either.
    let migrations = folder.path().join("migrations");
    fs::create_dir(&migrations)?;
    let predicted = migrations.join(format!(".wallow-{}", std::process::id()));
    symlink(folder.path(), predicted)?;
    migration::write(&migrations, &first.files())?;
    assert_eq!(fs::read_to_string(&victim)?, "mine");
    assert!(victim.exists());
    Ok(())
}

/// Opening a pipe would wait for a writer.
#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_reported() -> Result<(), Box<dyn Error>> {
    use std::error::Error as _;
    use std::process::Command;
    let folder = tempfile::tempdir()?;
    let [first, _] = two()?;
    migration::write(folder.path(), &first.files())?;
    for (file, make, reason) in [
        (
            "sqlite/2026-01-31-120000_initial/up.sql",
            "mkfifo",
            "it is a named pipe, not a file",
        ),
        (
            "postgres/2026-01-31-120000_initial/metadata.toml",
            "mkfifo",
            "it is a named pipe, not a file",
        ),
        (
            "snapshots/2026-01-31-120000_initial.toml",
            "mkfifo",
            "it is a named pipe, not a file",
        ),
        (
            "sqlite/2026-01-31-120000_initial/down.sql",
            "mkdir",
            "it is a folder, not a file",
        ),
        (
            "sqlite/2026-01-31-120000_initial/down.sql",
            "ln -s /dev/zero",
            "it is a device, not a file",
        ),
        (
            "sqlite/2026-01-31-120000_initial/down.sql",
            "truncate -s 17M",
            "it is larger than 16 MiB",
        ),
    ] {
        let path = folder.path().join(file);
        let aside = folder.path().join("aside");
        fs::rename(&path, &aside)?;
        let mut words = make.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        assert!(command.args(words).arg(&path).status()?.success());
        let error = migration::load(folder.path()).unwrap_err();
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some(reason), "{file}: {error}");
        let error = wallow_schema::load(&path).unwrap_err();
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some(reason)
        );
        if path.is_dir() {
            fs::remove_dir(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
        fs::rename(&aside, &path)?;
    }
    migration::load(folder.path())?;
    Ok(())
}
