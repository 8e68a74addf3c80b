//! `wallow enqueue --dry-run` over more runs than one statement asks a server for.

use crate::project::Project;

const SWEEP: &str = "[project]\nname = \"states\"\nlifecycle = true\n\n[identifying.seed]\ntype = \"int\"\n\n\
                     [annotating.val_loss]\ntype = \"float\"\n";

/// specs 6.14, 11.1
fn counts(project: &Project, executes: impl Fn(&str)) {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("enqueue seed=0..250").succeeds();
    executes(
        "UPDATE runs SET status = CASE seed % 5 WHEN 0 THEN 'pending' WHEN 1 THEN 'running' WHEN 2 THEN 'completed' \
         WHEN 3 THEN 'failed' ELSE 'pruned' END",
    );
    // Without a status it is pending, with a result nobody knows.
    executes("UPDATE runs SET status = NULL WHERE seed IN (1, 101)");
    executes("UPDATE runs SET status = NULL, val_loss = 0.5 WHERE seed IN (2, 102, 202)");
    let expected = "300 combinations: 50 new, 52 pending, 48 running, 47 completed, 50 failed, 53 with a status that \
                    wallow does not know\ndry run: nothing was changed\n";
    let said = project.wallow("enqueue seed=-50..250 --dry-run").succeeds();
    assert_eq!(said, expected);
}

#[test]
fn many_states_are_read_from_a_file() {
    let project = Project::with(SWEEP);
    counts(&project, |sql| project.executes(sql));
}

#[cfg(feature = "postgres")]
#[test]
fn many_states_are_read_from_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
    counts(&project, |sql| {
        server.psql(database.name(), sql).unwrap();
    });
}
