//! `wallow plot --over`: which runs the means are of.

use crate::listing::SWEEP;
use crate::on::On;

/// specs 12.10, 12.11
#[test]
fn means_are_of_the_first_runs() {
    for on in On::each(SWEEP) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        let run = |rate: f64, seed: i64, loss: f64| {
            format!(
                "{{\"model\": \"m\", \"rate\": {rate}, \"seed\": {seed}, \"loss\": {loss}, \
                 \"curve\": [{{\"loss\": {loss}}}]}}\n"
            )
        };
        let runs = [
            run(0.1, 0, 4.0),
            run(0.1, 1, 3.0),
            run(0.2, 0, 2.0),
            run(0.2, 1, 1.0),
        ];
        project.has("runs.jsonl", &runs.concat());
        project.wallow("import --from runs.jsonl").succeeds();
        for (first, same) in [
            ("-n 2", "--where \"id < 3\""),
            ("-n 3", "--where \"id < 4\""),
            ("--sort loss -n 1", "--where \"id == 4\""),
            (
                "--sort loss -n 2 --where \"seed == 0\"",
                "--sort loss --where \"seed == 0\"",
            ),
        ] {
            for fields in ["rate loss", "curve[].loss"] {
                let of = |options: &str| {
                    let answer = project.wallow(&format!("plot {fields} --over seed {options}"));
                    assert_eq!(answer.status, Some(0), "{}", answer.stderr);
                    (answer.stdout, answer.stderr)
                };
                assert_eq!(of(first), of(same), "{first}");
            }
        }
    }
}
