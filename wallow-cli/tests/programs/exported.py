"""Reads what `wallow export` wrote with pandas, polars, pyarrow and DuckDB, as they are: every value and its type."""

import json
import math
import sys
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

folder = Path(sys.argv[1])
SEEN = datetime(2026, 1, 2, 3, 4, 5, 250, tzinfo=timezone.utc)
ODD = 'a, "b"\n\x1b\t🐷'
EXPECTED = {
    "label": ["plain", "nothing", ODD],
    "count": [7, None, -(2**63)],
    "score": [0.1, None, -math.inf],
    "done": [True, None, False],
    "seen_at": [SEEN, None, datetime(1, 1, 1, tzinfo=timezone.utc)],
    "extra": [{"loss": [0.5, None]}, None, "text"],
}


def check(who, name, values):
    values = list(values)
    assert values == EXPECTED[name], f"{who}: {name}: {values!r}"


def typed(who, table):
    """A pyarrow table: the types of the schema, and every value."""
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types == {
        "id": "int64",
        "uuid": "string",
        "created_at": "timestamp[us, tz=UTC]",
        "updated_at": "timestamp[us, tz=UTC]",
        "label": "string",
        "count": "int64",
        "score": "double",
        "done": "bool",
        "extra": "string",
        "seen_at": "timestamp[us, tz=UTC]",
    }, f"{who}: {types}"
    assert not table.schema.field("label").nullable and table.schema.field("count").nullable
    for name in ["label", "count", "score", "done", "seen_at"]:
        check(who, name, table[name].to_pylist())
    check(who, "extra", [text and json.loads(text) for text in table["extra"].to_pylist()])


def polars_typed(who, frame):
    assert frame.schema["seen_at"] == polars.Datetime("us", "UTC"), (who, frame.schema)
    assert frame.schema["done"] == polars.Boolean and frame.schema["count"] == polars.Int64
    for name in ["label", "count", "score", "done", "seen_at"]:
        check(who, name, frame[name].to_list())


def pandas_typed(who, frame):
    assert str(frame["seen_at"].dtype) == "datetime64[us, UTC]", (who, frame.dtypes)
    assert frame["seen_at"][0] == SEEN and frame["seen_at"].isna().tolist() == [False, True, False]
    check(who, "label", frame["label"])
    assert frame["score"].tolist()[0] == 0.1 and math.isnan(frame["score"][1]), who
    assert frame["score"][2] == -math.inf, who
    assert frame["done"].isna().tolist() == [False, True, False], who
    assert bool(frame["done"][0]) is True and bool(frame["done"][2]) is False, who


def duckdb_typed(who, source):
    # DuckDB gives the zone of its session; times are compared as instants.
    connection = duckdb.connect()
    connection.sql("SET timezone = 'UTC'")
    relation = connection.sql(f"SELECT * FROM {source} ORDER BY id")
    types = dict(zip(relation.columns, map(str, relation.types)))
    assert types["seen_at"] == "TIMESTAMP WITH TIME ZONE", (who, types)
    assert types["score"] == "DOUBLE" and types["done"] == "BOOLEAN", (who, types)
    assert types["count"] == "BIGINT", (who, types)
    columns = dict(zip(relation.columns, zip(*relation.fetchall())))
    for name in ["label", "count", "score", "done"]:
        check(who, name, columns[name])
    epochs = connection.sql(f"SELECT epoch_us(seen_at) FROM {source} ORDER BY id").fetchall()
    assert epochs[0][0] == int(SEEN.timestamp()) * 10**6 + 250 and epochs[1][0] is None, (who, epochs)


parquet, arrow = folder / "runs.parquet", folder / "runs.arrow"
typed("pyarrow, parquet", pyarrow.parquet.read_table(parquet))
typed("pyarrow, arrow", pyarrow.feather.read_table(arrow))
polars_typed("polars, parquet", polars.read_parquet(parquet))
polars_typed("polars, arrow", polars.read_ipc(arrow))
pandas_typed("pandas, parquet", pandas.read_parquet(parquet))
pandas_typed("pandas, arrow", pandas.read_feather(arrow))
duckdb_typed("duckdb, parquet", f"'{parquet}'")

csv = folder / "runs.csv"
frame = pandas.read_csv(csv, parse_dates=["seen_at"], dtype={"count": "Int64", "done": "boolean"})
assert frame["seen_at"].dtype.tz is not None and frame["seen_at"][0] == SEEN, frame.dtypes
assert frame["count"].tolist()[2] == -(2**63) and frame["score"][2] == -math.inf
check("pandas, csv", "label", frame["label"])
assert json.loads(frame["extra"][0]) == EXPECTED["extra"][0]
frame = polars.read_csv(csv, try_parse_dates=True)
for name in ["label", "count", "score", "done"]:
    check("polars, csv", name, frame[name].to_list())
assert frame["seen_at"].dtype == polars.Datetime("us", "UTC"), frame.schema
duckdb_typed("duckdb, csv", f"read_csv('{csv}')")

lines = folder / "runs.jsonl"
frame = pandas.read_json(lines, lines=True)
check("pandas, jsonl", "label", frame["label"])
assert frame["extra"][0] == EXPECTED["extra"][0] and frame["score"][0] == 0.1
frame = pandas.read_json(folder / "runs.json")
check("pandas, json", "label", frame["label"])
rows = duckdb.sql(f"SELECT label, \"count\", done FROM read_json('{lines}') ORDER BY id").fetchall()
assert [row[0] for row in rows] == EXPECTED["label"] and [row[2] for row in rows] == EXPECTED["done"]
with open(lines) as file:
    assert [json.loads(line)["count"] for line in file] == EXPECTED["count"]
