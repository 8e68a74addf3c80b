//! The question of `wallow migrate generate`: has a field a new name, or is it gone? (Where nobody can
//! be asked it is refused: `refusals`.)

use crate::project::{Project, SCHEMA};

const QUESTION: &str = "`loss` is gone. Has it a new name (val_loss)? Write the name, `no` if it is \
                        really gone, or nothing to stop:";

/// `loss` is gone, and `val_loss` is new; a run has a loss.
fn renamed() -> Project {
    let project = Project::with_runs(SCHEMA);
    project.edits("[annotating.loss]", "[annotating.val_loss]");
    project
}

fn answered(project: &Project, answers: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut terminal = project.wallow_on_terminal("migrate generate \"better names\"");
    for (question, answer) in answers {
        terminal.asks(question);
        terminal.answer(answer);
    }
    terminal.ends()
}

#[test]
fn a_new_name_keeps_the_values() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "val_loss")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("- rename `loss` to `val_loss`\n"), "{text}");
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(val_loss) FROM runs"),
        "0.5,0.25"
    );
}

#[test]
fn yes_is_an_answer_where_there_is_one_name() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "y")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("- rename `loss` to `val_loss`\n"), "{text}");
}

#[test]
fn a_field_that_is_gone_takes_its_values_along() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "no")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.contains("- drop ") && text.contains("- add "),
        "{text}"
    );
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(val_loss) FROM runs"),
        "NULL"
    );
}

#[test]
fn no_answer_stops_it() {
    for answer in ["", "perhaps", "val_los", "VAL_LOSS"] {
        let project = renamed();
        let (status, text) = answered(&project, &[(QUESTION, answer)]);
        assert_eq!(status, Some(1), "{text}");
        let (_, error) = text.split_once("error: ").unwrap();
        assert!(error.contains("--rename loss=val_loss"), "{error}");
        assert!(error.contains("--drop loss"), "{error}");
        assert_eq!(project.migrations().len(), 1);
    }
}

#[test]
fn each_field_is_asked_about() {
    let project = Project::with_runs(SCHEMA);
    project.edits("[identifying.seed]", "[identifying.start]");
    project.edits("[annotating.loss]", "[annotating.val_loss]");
    let questions = [
        ("`seed` is gone.", "start"),
        ("`loss` is gone.", "val_loss"),
    ];
    let (status, text) = answered(&project, &questions);
    assert_eq!(status, Some(0), "{text}");
    project.wallow("migrate apply").succeeds();
    let rows = "SELECT group_concat(start || ' ' || val_loss) FROM runs";
    assert_eq!(project.reads(rows), "0 0.5,1 0.25");
}
