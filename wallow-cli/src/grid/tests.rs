use wallow_runtime::dynamic::Value;
use wallow_schema::Schema;

use super::Grid;

fn schema() -> Schema {
    let text = "[project]\nname = 'x'\nlifecycle = true\n\
                [identifying.optimiser]\ntype = 'string'\n\
                [identifying.lr]\ntype = 'float'\n\
                [identifying.seed]\ntype = 'int'\ndefault = 7\n\
                [identifying.nesterov]\ntype = 'bool'\ndefault = false\n";
    wallow_schema::parse(text, "wallow.toml").unwrap()
}

fn lists(texts: &[&str]) -> Vec<(String, String)> {
    let lists = texts.iter().map(|text| text.split_once('=').unwrap());
    lists
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

/// The values of one field, as a list of keys has them.
fn values(text: &str) -> Result<Vec<String>, String> {
    let (name, _) = text.split_once('=').unwrap();
    let schema = schema();
    let place = schema
        .identifying
        .iter()
        .position(|field| field.name == name)
        .unwrap();
    let grid = Grid::read(&schema, &lists(&[text]), &[]).map_err(|failure| failure.to_string())?;
    let display = |value: &Value| match value {
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    Ok(grid.keys(&[]).map(|key| display(&key[place])).collect())
}

#[test]
fn lists_and_ranges_are_read() {
    for (text, expected) in [
        ("seed=3", "3"),
        ("seed=0..4", "0 1 2 3"),
        ("seed=0..=4", "0 1 2 3 4"),
        ("seed=-2..2", "-2 -1 0 1"),
        ("seed=0..100/30", "0 30 60 90"),
        ("seed=0..=90/30", "0 30 60 90"),
        ("seed=5,0..2,9", "5 0 1 9"),
        ("seed=lin:0..10/3", "0 5 10"),
        ("seed=log:1..1000/4", "1 10 100 1000"),
        ("lr=1e-3, 1e-2", "0.001 0.01"),
        ("lr=0..1/0.25", "0 0.25 0.5 0.75"),
        ("lr=0..=1/0.25", "0 0.25 0.5 0.75 1"),
        ("lr=0..0.5/0.1", "0 0.1 0.2 0.3 0.4"),
        ("lr=lin:0..1/5", "0 0.25 0.5 0.75 1"),
        ("lr=log:1e-5..1e-1/5", "0.00001 0.0001 0.001 0.01 0.1"),
        ("lr=inf", "inf"),
        ("nesterov=true,false", "true false"),
        ("optimiser=adam, sgd", "adam sgd"),
        ("optimiser=\"a, b\",c", "a, b c"),
        ("optimiser=\" a\" , \"\"", " a "),
        ("optimiser=0..3", "0..3"),
    ] {
        assert_eq!(
            values(text).map(|values| values.join(" ")),
            Ok(expected.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (text, expected) in [
        (
            "seed=0,x,2",
            "value 2: `x` is no value for `seed`, which is of type int (`seed=0,x,2`)",
        ),
        (
            "seed=1.5",
            "`1.5` is no value for `seed`, which is of type int (`seed=1.5`)",
        ),
        ("seed=", "it is empty; write at least one value (`seed=`)"),
        ("seed=1,", "value 2: it is empty"),
        (
            "seed=4..4",
            "`4..4`: it is empty: its start must be below its end",
        ),
        (
            "seed=4..=3",
            "`4..=3`: it is empty: its start must not be above its end",
        ),
        ("seed=0..10/0", "the step must be at least 1"),
        ("seed=0..10/x", "`x` is no whole number"),
        ("seed=..10", "`` is no whole number"),
        ("seed=lin:0..10/4", "not every value of the range is whole"),
        ("seed=1,1", "value 2: `1` is twice in the list of `seed`"),
        ("lr=0.1,0.10", "value 2: `0.1` is twice"),
        ("seed=0..3,2", "value 2: `2` is twice"),
        ("seed=2,0..3", "value 2: `2` is twice"),
        ("seed=0..3,2..5", "value 2: `2` is twice"),
        ("seed=0..100/7,1..50/5", "value 2: `21` is twice"),
        (
            "seed=0..9000000000,8999999999",
            "value 2: `8999999999` is twice",
        ),
        ("lr=0.1..1/0.1,0.3", "value 2: `0.3` is twice"),
        ("lr=lin:1..0/11,0.3", "value 2: `0.3` is twice"),
        ("lr=log:1e-5..1e-1/9,lin:0..1/11", "value 2: `0.1` is twice"),
        (
            "lr=0..1",
            "a range of floats needs a step or a number of values",
        ),
        ("lr=nan", "`nan` is no value for `lr`"),
        ("lr=1e999", "`1e999` is no value for `lr`"),
        ("lr=log:0..1/3", "must be larger than 0"),
        ("lr=log:1..10", "it needs a number of values"),
        ("lr=lin:1..1/3", "both ends are equal"),
        (
            "lr=lin:1..1.0000000000001/9",
            "are one number at the precision of the schema",
        ),
        ("lr=lin:1", "it needs two ends"),
        (
            "nesterov=yes",
            "`yes` is no value for `nesterov`, which is of type bool: write true or false",
        ),
        ("optimiser=\"a", "is not closed or not valid"),
        ("optimiser=\"a\"b", "`b` stands behind a JSON string"),
        (
            "optimiser=a,,b",
            "value 2: it is empty; write `\"\"` for an empty text",
        ),
    ] {
        let refusal = values(text).unwrap_err();
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn every_fault_is_named_at_once() {
    let refusal = Grid::read(&schema(), &lists(&["seed=a,b", "lr=c"]), &[]).unwrap_err();
    assert_eq!(refusal.to_string().lines().count(), 3, "{refusal}");
}

#[test]
fn keys_come_in_the_order_of_nested_loops() {
    let schema = schema();
    let grid = Grid::read(
        &schema,
        &lists(&["seed=0..2", "lr=0.1,0.2", "optimiser=a"]),
        &[],
    )
    .unwrap();
    assert_eq!(grid.len(), 4);
    let keys = grid
        .keys(&[])
        .map(|key| format!("{:?} {:?}", key[2], key[1]));
    let expected = [
        "Int(0) Float(0.1)",
        "Int(0) Float(0.2)",
        "Int(1) Float(0.1)",
        "Int(1) Float(0.2)",
    ];
    assert!(keys.eq(expected));
}

#[test]
fn zipped_lists_are_walked_side_by_side() {
    let schema = schema();
    let zip = |names: &[&str]| {
        vec![
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        ]
    };
    let texts = [
        "seed=0..3",
        "nesterov=true,false",
        "lr=0.1,0.2,0.3",
        "optimiser=a",
    ];
    let grid = Grid::read(&schema, &lists(&texts), &zip(&["lr", "seed"])).unwrap();
    assert_eq!(grid.len(), 6);
    let pairs = grid.keys(&[]).map(|key| (key[2].clone(), key[1].clone()));
    let pairs = pairs.step_by(2).collect::<Vec<_>>();
    let expected = [(0, 0.1), (1, 0.2), (2, 0.3)];
    assert_eq!(
        pairs,
        expected.map(|(seed, lr)| (Value::Int(seed), Value::Float(lr)))
    );

    for (zip, expected) in [
        (
            zip(&["lr", "nesterov"]),
            "`nesterov` has 2 values and `lr` has 3",
        ),
        (zip(&["lr", "lr"]), "names `lr` twice"),
        (zip(&["lr", "x"]), "`x` is no identifying field"),
    ] {
        let refusal = Grid::read(&schema, &lists(&texts), &zip)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let refusal = Grid::read(&schema, &lists(&["lr=1"]), &zip(&["lr", "seed"])).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("`--zip` names `seed`, which has no list")
    );
}

#[test]
fn in_zipped_lists_only_whole_positions_are_distinct() {
    let schema = schema();
    let zip = [vec!["seed".to_owned(), "lr".to_owned()]];
    let read = |texts: &[&str]| Grid::read(&schema, &lists(texts), &zip);
    let grid = read(&["seed=0,0", "lr=1,2", "optimiser=a"]).unwrap();
    assert_eq!(grid.len(), 2);
    let grid = read(&["seed=0,0,1", "lr=1,2,2", "optimiser=a"]).unwrap();
    assert_eq!(grid.len(), 3);
    let refusal = read(&["seed=0,1,0", "lr=2,2,2", "optimiser=a"]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`--zip seed,lr`: the values at the positions 1 and 3 are the same; leave one of these positions out of all the \
         lists"
    );
}

#[test]
fn more_combinations_than_a_table_holds_are_refused() {
    let texts = ["seed=0..9223372036854775807", "lr=1,2", "optimiser=a"];
    let refusal = Grid::read(&schema(), &lists(&texts), &[]).unwrap_err();
    let refusal = refusal.to_string();
    assert!(
        refusal.contains("more than 9223372036854775807"),
        "{refusal}"
    );
}

#[test]
fn long_ranges_take_no_memory() {
    let schema = schema();
    let texts = [
        "seed=0..1000000000000",
        "lr=log:1e-9..1/1000000",
        "optimiser=a",
    ];
    let grid = Grid::read(&schema, &lists(&texts), &[]).unwrap();
    assert_eq!(grid.len(), 1_000_000_000_000_000_000);
    assert_eq!(grid.keys(&[]).nth(1).unwrap()[2], Value::Int(0));
}
