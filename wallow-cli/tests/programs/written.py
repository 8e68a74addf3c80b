"""Files of the same runs by several programs: FOLDER. What may be called what it wants is in the names of the files."""

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
RUNS = {
    "label": ["plain", "a, \"b\"\n'c'", "naïve 🐷"],
    "count": [7, None, -(2**63) + 1],
    "score": [0.1, -1e300, None],
    "done": [True, None, False],
    "seen_at": [SEEN, None, datetime(1970, 1, 1, tzinfo=timezone.utc)],
}

types = pyarrow.schema(
    [
        ("label", pyarrow.string()),
        ("count", pyarrow.int64()),
        ("score", pyarrow.float64()),
        ("done", pyarrow.bool_()),
        ("seen_at", pyarrow.timestamp("us", tz="UTC")),
    ]
)
table = pyarrow.table(RUNS, schema=types)


def cast(name, ty):
    index = table.schema.get_field_index(name)
    return table.set_column(index, name, table[name].cast(ty))


# --- pyarrow: types that mean the same, and every compression ---

pyarrow.parquet.write_table(table, folder / "pyarrow.parquet", version="1.0", use_dictionary=False)
for compression in ["none", "snappy", "gzip", "zstd", "lz4"]:
    pyarrow.parquet.write_table(table, folder / f"pyarrow_{compression}.parquet", compression=compression)
pyarrow.parquet.write_table(table, folder / "strange.parquet", compression="brotli")
for compression in ["uncompressed", "lz4", "zstd"]:
    pyarrow.feather.write_feather(table, folder / f"pyarrow_{compression}.feather", compression=compression)
for name, other in {
    "dictionary": cast("label", pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
    "large": cast("label", pyarrow.large_string()),
    "view": cast("label", pyarrow.string_view()),
    "nanoseconds": cast("seen_at", pyarrow.timestamp("ns", tz="UTC")),
    "berlin": cast("seen_at", pyarrow.timestamp("us", tz="Europe/Berlin")),
    "no_zone": cast("seen_at", pyarrow.timestamp("us")),
}.items():
    pyarrow.parquet.write_table(other, folder / f"pyarrow_{name}.parquet")
    pyarrow.feather.write_feather(other, folder / f"pyarrow_{name}.feather")
pyarrow.csv.write_csv(table, folder / "pyarrow.csv")

# --- pandas: floats where a NULL is beside integers, and with its own types ---

frame = pandas.DataFrame({**RUNS, "count": pandas.array(RUNS["count"], dtype="Int64")})
frame["seen_at"] = pandas.to_datetime(frame["seen_at"], utc=True)
frame.to_parquet(folder / "pandas.parquet")
frame.to_parquet(folder / "pandas_index.parquet", index=True)
frame.to_feather(folder / "pandas.feather")
frame.to_csv(folder / "pandas.csv", index=False)
frame.to_csv(folder / "pandas.tsv", index=False, sep="\t")
frame.astype({"label": "category"}).to_parquet(folder / "pandas_category.parquet")
frame.to_json(folder / "pandas.jsonl", orient="records", lines=True, date_format="iso", date_unit="us", double_precision=15)

# --- polars ---

frame = polars.from_arrow(table)
frame.write_parquet(folder / "polars.parquet")
frame.with_columns(polars.col("label").cast(polars.Categorical)).write_parquet(folder / "polars_category.parquet")
frame.write_ipc(folder / "polars.arrow")
frame.write_ipc(folder / "polars_lz4.arrow", compression="lz4")
frame.write_ipc(folder / "polars_zstd.arrow", compression="zstd")
frame.write_csv(folder / "polars.csv")
frame.write_ndjson(folder / "polars.ndjson")

# --- DuckDB ---

duckdb.sql("SET TimeZone = 'UTC'")
for name, options in {
    "duckdb.parquet": "FORMAT parquet",
    "duckdb_zstd.parquet": "FORMAT parquet, COMPRESSION zstd",
    "duckdb.csv": "FORMAT csv, HEADER",
    "duckdb.jsonl": "FORMAT json",
}.items():
    duckdb.sql(f"COPY (SELECT * FROM \"table\") TO '{folder / name}' ({options})")

for path in sorted(folder.iterdir()):
    if path.stem.split("_")[0] in ["pyarrow", "pandas", "polars", "duckdb"]:
        print(path.name)
