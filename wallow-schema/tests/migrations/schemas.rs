//! Random valid schemas, for the laws.

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use serde_json::json;
use wallow_schema::{Database, DefaultValue, Field, FieldType, Layout, Project, Role, Schema};

/// Difficult names: keywords of SQL and Rust, capitals, letters of other languages.
const NAMES: [&str; 10] = [
    "alpha", "beta", "order", "type", "Lr", "größe", "seed", "index", "zeta_2", "x",
];

/// A schema of up to ten fields.
pub(crate) fn schemas() -> impl Strategy<Value = Schema> {
    let names = Just(NAMES.map(str::to_owned).to_vec()).prop_shuffle();
    let sizes = (1_usize..4, 0_usize..6);
    let precision = proptest::sample::select(vec![1, 3, 12, 15, 17]);
    let all = (names, sizes, precision, any::<bool>());
    all.prop_flat_map(|(names, (identifying, annotating), precision, attempts)| {
        let fields = names.into_iter().take(identifying + annotating);
        let fields = fields.enumerate().map(|(index, name)| {
            let role = if index < identifying {
                Role::Identifying
            } else {
                Role::Annotating
            };
            field(name, role)
        });
        let fields: Vec<_> = fields.collect();
        fields.prop_map(move |fields| {
            let mut schema = schema(fields, precision);
            schema.project.attempts = attempts;
            schema
        })
    })
}

/// A schema of these fields.
pub(crate) fn schema(fields: Vec<Field>, float_precision: u32) -> Schema {
    let (identifying, annotating) = fields
        .into_iter()
        .partition(|field| field.role == Role::Identifying);
    Schema {
        project: Project {
            name: "sweep \"of\" random\nfields".to_owned(),
            description: None,
            float_precision,
            artefacts_root: None,
            artefacts_layout: Layout::default(),
            attempts: false,
            ignored: Vec::new(),
        },
        identifying,
        annotating,
        database: Database::default(),
    }
}

/// A field of this name and role.
pub(crate) fn field(name: String, role: Role) -> impl Strategy<Value = Field> {
    let types = FieldType::ALL.into_iter();
    let types = types.filter(|ty| role == Role::Annotating || ty.may_identify());
    let types = proptest::sample::select(types.collect::<Vec<_>>());
    types.prop_flat_map(move |ty| typed(name.clone(), role, ty))
}

/// A field of this name, role and type.
pub(crate) fn typed(name: String, role: Role, ty: FieldType) -> impl Strategy<Value = Field> {
    // A third of the key is optional.
    let nullable = match role {
        Role::Identifying => proptest::bool::weighted(0.35).boxed(),
        Role::Annotating => any::<bool>().boxed(),
    };
    let default = proptest::option::of(values(ty));
    (default, nullable, any::<bool>()).prop_map(move |(default, nullable, indexed)| Field {
        name: name.clone(),
        role,
        ty,
        default: default.filter(|_| role == Role::Annotating || !nullable),
        doc: None,
        indexed,
        nullable,
        values: Vec::new(),
        line: 0,
    })
}

/// Values of a type, including awkward ones.
pub(crate) fn values(ty: FieldType) -> BoxedStrategy<DefaultValue> {
    let texts = || {
        let awkward = [
            "",
            "it's \"new\" \\ 100 %",
            "a\nb\r\nc",
            "größe 🦀",
            "-- x; $$",
            "null",
            "\t'''\u{7f}",
        ];
        prop_oneof![
            proptest::sample::select(awkward.map(str::to_owned).to_vec()),
            "[a-c]{1,2}",
        ]
    };
    match ty {
        FieldType::Int => prop_oneof![
            (-3_i64..4).prop_map(DefaultValue::Int),
            proptest::sample::select(vec![i64::MIN, i64::MAX, 1 << 53, (1 << 53) + 1])
                .prop_map(DefaultValue::Int),
        ]
        .boxed(),
        FieldType::Float => prop_oneof![
            proptest::sample::select(vec![
                0.0,
                -0.0,
                0.1 + 0.2,
                2.5,
                1.5e-305,
                1.5e300,
                f64::INFINITY,
                f64::NEG_INFINITY
            ]),
            (-30_i32..30).prop_map(|tenths| f64::from(tenths) / 10.0),
        ]
        .prop_map(DefaultValue::Float)
        .boxed(),
        FieldType::String => texts().prop_map(DefaultValue::String).boxed(),
        FieldType::Path => texts().prop_map(DefaultValue::Path).boxed(),
        FieldType::Bool => any::<bool>().prop_map(DefaultValue::Bool).boxed(),
        FieldType::Json => {
            let values = [
                json!("a\r\n'b'"),
                json!([1, 2.5, true, {"a \"b\"": {"empty": []}}]),
                json!({}),
                json!(-7),
                json!("2026-01-31T12:00:00Z"),
            ];
            proptest::sample::select(values.to_vec())
                .prop_map(DefaultValue::Json)
                .boxed()
        }
        FieldType::Datetime => (0_i64..4_000_000_000, 0_u32..1_000_000)
            .prop_map(|(seconds, micros)| {
                let time = Utc.timestamp_opt(seconds, micros * 1000);
                DefaultValue::Datetime(time.single().unwrap_or_default())
            })
            .boxed(),
    }
}
