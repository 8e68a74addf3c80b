//! Shares compared with independent computations.

use super::*;

/// A field with its value in each setting.
fn settings(rows: &[(Value, Value, Value, f64)]) -> Vec<Setting> {
    let rows = rows.iter().cloned();
    rows.map(|(a, b, c, mean)| Setting {
        values: vec![a, b, c],
        mean,
    })
    .collect()
}

fn fields() -> Vec<String> {
    ["learning_rate", "optimiser", "batch_size"]
        .map(str::to_owned)
        .to_vec()
}

/// 3 × 2 × 4 settings with an interaction of the first two fields.
fn grid() -> Vec<(Value, Value, Value, f64)> {
    let mut rows = Vec::new();
    for (rate, exponent) in [(0.001, -1.0_f64), (0.01, 0.0), (0.1, 1.0)] {
        for (optimiser, is_sgd) in [("adamw", 0.0), ("sgd", 1.0)] {
            for (batch, doublings) in [(16, 4.0), (32, 5.0), (64, 6.0), (128, 7.0)] {
                let result =
                    -exponent.powi(2) + 0.5 * is_sgd + 0.1 * doublings + 0.3 * exponent * is_sgd;
                rows.push((rate.into(), optimiser.into(), batch.into(), result));
            }
        }
    }
    rows
}

#[track_caller]
fn near(importance: &Importance, field: &str, expected: f64, tolerance: f64) {
    let mut shares = importance.shares.iter();
    let share = shares
        .find(|(name, _)| name == field)
        .map(|(_, share)| *share);
    let share = share.unwrap_or(f64::NAN);
    assert!(
        (share - expected).abs() < tolerance,
        "{field}: {share}, not {expected}"
    );
}

/// By numpy: `np.var([y[x == level].mean() for level in levels]) / np.var(y)`.
#[test]
fn a_full_grid_is_exact() {
    let importance = importance(&fields(), &settings(&grid())).unwrap();
    assert_eq!(importance.method, Method::Anova);
    near(&importance, "learning_rate", 0.724_957_555_178_268_3, 1e-12);
    near(&importance, "optimiser", 0.191_001_697_792_869_27, 1e-12);
    near(&importance, "batch_size", 0.038_200_339_558_573_89, 1e-12);
    assert!((importance.interactions - 0.045_840_407_470_288_6).abs() < 1e-12);
    let names = importance.shares.iter().map(|(name, _)| name.as_str());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["learning_rate", "optimiser", "batch_size"]
    );
}

/// The same grid without its settings 3, 10 and 20. By scikit-learn: the leaves of `RandomForestRegressor(64,
/// max_features=2)` as boxes of levels, weighted by how often each level occurs; the mean of three forests, which differ
/// by 0.02 among each other.
#[test]
fn a_grid_with_gaps_is_left_to_a_forest() {
    let mut rows = grid();
    for gap in [20, 10, 3] {
        rows.remove(gap);
    }
    let importance = importance(&fields(), &settings(&rows)).unwrap();
    assert_eq!(importance.method, Method::Forest);
    near(&importance, "learning_rate", 0.540, 0.08);
    near(&importance, "optimiser", 0.199, 0.04);
    near(&importance, "batch_size", 0.074, 0.04);
}

/// A random search with 300 points: sin(2πx) + 2u, plus 0.5 for one of three words. By scikit-learn as above.
#[test]
fn a_random_search_is_left_to_a_forest() {
    let points = (0..300_u32).map(|index| {
        let place = f64::from(index);
        let x = (place * 0.754_877_666_246_692_7).fract();
        let u = (place * 0.569_840_290_998_053_2).fract();
        let word = ["a", "b", "c"][index as usize % 3];
        let bonus = if word == "b" { 0.5 } else { 0.0 };
        let result = (std::f64::consts::TAU * x).sin() + 2.0 * u + bonus;
        (x.into(), u.into(), word.into(), result)
    });
    let fields = ["x", "u", "word"].map(str::to_owned);
    let settings = settings(&points.collect::<Vec<_>>());
    let first = importance(&fields, &settings).unwrap();
    assert_eq!(first.method, Method::Forest);
    near(&first, "x", 0.542, 0.06);
    near(&first, "u", 0.362, 0.06);
    near(&first, "word", 0.010, 0.04);
    // Nothing is left to chance.
    assert_eq!(importance(&fields, &settings).unwrap(), first);
}

/// Absent, true and false, texts: each value is a level.
#[test]
fn every_type_has_levels() {
    let fields = ["momentum", "nesterov", "schedule"].map(str::to_owned);
    let mut rows = Vec::new();
    for (momentum, effect) in [(Value::Null, 0.0), (Value::Float(0.9), 1.0)] {
        for nesterov in [false, true] {
            for schedule in ["", "cosine", "step"] {
                rows.push((momentum.clone(), nesterov.into(), schedule.into(), effect));
            }
        }
    }
    let importance = importance(&fields, &settings(&rows)).unwrap();
    near(&importance, "momentum", 1.0, 1e-12);
    near(&importance, "nesterov", 0.0, 1e-12);
    near(&importance, "schedule", 0.0, 1e-12);
}

#[test]
fn nothing_to_explain_is_reported() {
    let fields = fields();
    let mut rows = grid();
    for (.., result) in &mut rows {
        *result = 0.5;
    }
    assert_eq!(
        importance(&fields, &settings(&rows)),
        Err(Unexplained::SameResult)
    );
    assert_eq!(
        importance(&fields, &settings(&rows[..1])),
        Err(Unexplained::OneSetting)
    );
    assert_eq!(importance(&fields, &[]), Err(Unexplained::OneSetting));
}

/// The squares of such results would be infinite.
#[test]
fn the_largest_results_do_not_overflow() {
    let rows = grid()
        .into_iter()
        .map(|(a, b, c, result)| (a, b, c, result * 1e307));
    let huge = importance(&fields(), &settings(&rows.collect::<Vec<_>>())).unwrap();
    near(&huge, "learning_rate", 0.724_957_555_178_268_3, 1e-9);
}
