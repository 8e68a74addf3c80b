//! Which values are accepted, what they lose, and which are refused.

use super::*;

fn taken(ty: FieldType, cell: impl Into<Cell>) -> Result<Value, String> {
    let taken = convert(ty, cell.into())?;
    assert_eq!(taken.altered.first(), None);
    Ok(taken.value)
}

fn lost(ty: FieldType, cell: impl Into<Cell>) -> (Value, Option<Alteration>) {
    let taken = convert(ty, cell.into()).unwrap();
    (taken.value, taken.altered.first())
}

fn number(text: &str) -> Cell {
    Cell::Number(text.into())
}

#[test]
fn what_can_be_meant_in_one_way_is_taken() {
    let int = |cell: Cell| taken(FieldType::Int, cell);
    assert_eq!(int("7".into()), Ok(7.into()));
    assert_eq!(int(7.0.into()), Ok(7.into()));
    assert_eq!(int(" 7.0".into()), Ok(7.into()));
    assert_eq!(int(Json::from(7).into()), Ok(7.into()));
    assert_eq!(int("9223372036854775807".into()), Ok(i64::MAX.into()));
    assert_eq!(
        int(number("9007199254740993.0")),
        Ok(9_007_199_254_740_993_i64.into())
    );
    assert_eq!(int(7.5.into()), Err("7.5 is no int".into()));
    assert_eq!(int(true.into()), Err("true is no int".into()));
    assert_eq!(int("seven".into()), Err("\"seven\" is no int".into()));
    for cell in [
        1e300.into(),
        EXACT.into(),
        number("1e400"),
        "18446744073709551615".into(),
        Json::from(u64::MAX).into(),
        Cell::Narrow {
            value: 16_777_216.0,
            exact: 16_777_216.0,
        },
        f64::INFINITY.into(),
    ] {
        assert!(int(cell).is_err());
    }
    let bool = |cell: Cell| taken(FieldType::Bool, cell);
    for yes in [
        "True".into(),
        "t".into(),
        1.into(),
        "1.0".into(),
        1.0.into(),
    ] {
        assert_eq!(bool(yes), Ok(true.into()));
    }
    assert_eq!(bool(0.into()), Ok(false.into()));
    assert_eq!(
        bool(2.into()),
        Err("2 is no bool; write true or false (also t, yes, 1, f, no, 0)".into())
    );
    let text = |cell: Cell| taken(FieldType::String, cell);
    assert_eq!(text(1.into()), Err("1 is no string".into()));
    assert_eq!(text(number("1")), Err("1 is no string".into()));
    assert_eq!(text("nan".into()), Ok("nan".into()));
}

#[test]
fn infinity_is_a_word_and_never_an_overflow() {
    let float = |cell: Cell| lost(FieldType::Float, cell);
    for (text, expected) in [
        ("-inf", f64::NEG_INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
        (" +INF ", f64::INFINITY),
        ("infinity", f64::INFINITY),
    ] {
        assert_eq!(float(text.into()), (expected.into(), None));
    }
    for cell in ["1e400".into(), number("1e500")] {
        assert_eq!(
            float(cell),
            (f64::INFINITY.into(), Some(Alteration::TooLarge))
        );
    }
    assert_eq!(
        float(9_007_199_254_740_993_i64.into()).1,
        Some(Alteration::Rounded)
    );
    for cell in ["nan".into(), "-NaN".into(), f64::NAN.into()] {
        assert_eq!(float(cell), (Value::Null, Some(Alteration::Nan)));
    }
    let nested = || Json::from(vec![Json::from(1)]);
    assert!(convert(FieldType::Float, nested().into()).is_err());
    assert_eq!(
        convert(FieldType::Float, "0,5".into()).unwrap_err(),
        "\"0,5\" is no float; a comma separates no decimals here, write `0.5`"
    );
}

#[test]
fn what_a_datetime_looks_like() {
    let time = |text: &str| lost(FieldType::Datetime, text);
    let expected = (Value::from(parse_time("2024-03-10 02:30:00.000000")), None);
    for text in [
        "2024-03-10T02:30Z",
        "2024-03-10T02:30",
        "2024-03-10 02:30",
        "2024-03-10 02:30:00 UTC",
        "2024-03-10T03:30+01:00",
        "2024-03-10T03:30+01",
        "2024-03-09 21:30:00-0500",
        " 2024-03-10T02:30:00.000Z ",
    ] {
        assert_eq!(time(text), expected, "{text}");
    }
    let midnight = Value::from(parse_time("2024-03-10 00:00:00.000000"));
    assert_eq!(time("2024-03-10"), (midnight, None));
    let last = Value::from(parse_time("9999-12-31 23:59:59.999999"));
    assert_eq!(
        time("9999-12-31T23:59:59.999999999Z"),
        (last, Some(Alteration::Nanoseconds))
    );
    let leap = Value::from(parse_time("2016-12-31 23:59:59.999999"));
    assert_eq!(
        time("2016-12-31T23:59:60Z"),
        (leap, Some(Alteration::LeapSecond))
    );
    for text in [
        "1710037800",
        "10/03/2024",
        "03-10-2024",
        "2024-03",
        "2024-02-30",
        "2024-03-10T24:00Z",
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+01:00",
        "0000-01-01",
    ] {
        assert!(convert(FieldType::Datetime, text.into()).is_err(), "{text}");
    }
    assert!(convert(FieldType::Datetime, 1_710_037_800_i64.into()).is_err());
}

#[test]
fn json_keeps_its_numbers_or_says_so() {
    let json = |cell: Cell| lost(FieldType::Json, cell);
    assert_eq!(
        json("[18446744073709551615]".into()),
        (Json::from(vec![u64::MAX]).into(), None)
    );
    assert_eq!(json("[NaN]".into()).1, Some(Alteration::Nan));
    assert_eq!(
        json(number("1e400")),
        (Value::Null, Some(Alteration::TooLargeForJson))
    );
    assert_eq!(
        json(f64::INFINITY.into()),
        (Value::Null, Some(Alteration::Infinite))
    );
    assert!(convert(FieldType::Json, "{\"a\": 1, \"a\": 2}".into()).is_err());
}

#[test]
fn why_a_time_in_the_right_form_is_none_is_said() {
    for (text, reason) in [
        ("2024-02-30", "\"2024-02-30\": February 2024 has no day 30"),
        ("2023-02-29T00:00:00", "February 2023 has no day 29"),
        ("2024-13-01", "there is no month 13"),
        ("2024-06-30T24:00Z", "there is no hour 24"),
        (
            "0001-01-01T00:00:00+01:00",
            "is outside the years 1 to 9999 in UTC",
        ),
        (
            "9999-12-31T23:59:59-01:00",
            "is outside the years 1 to 9999 in UTC",
        ),
        ("10.03.2024", "write it as `2024-03-10T02:30:00Z`"),
        ("2024-02-10Tx", "write it as `2024-03-10T02:30:00Z`"),
    ] {
        let refusal = taken(FieldType::Datetime, text).unwrap_err();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
    for (ty, text, reason) in [
        (FieldType::Bool, "on", "write true or false"),
        (
            FieldType::Float,
            "\u{2212}0.1",
            "its minus is a character of typesetting",
        ),
        (FieldType::Float, "1d-3", "write the exponent with `e`"),
        (FieldType::Int, "\u{660}", "write it with the digits 0 to 9"),
    ] {
        let refusal = taken(ty, text).unwrap_err();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}
