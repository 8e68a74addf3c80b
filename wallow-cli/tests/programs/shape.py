"""How many rows and columns programs find in an export, and what they add up to: FOLDER ROWS COLUMNS SUM."""

import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.feather
import pyarrow.parquet

folder = Path(sys.argv[1])
rows, columns, total = map(int, sys.argv[2:5])
parquet, arrow, csv = (folder / f"runs.{ending}" for ending in ["parquet", "arrow", "csv"])

for who, table in [
    ("parquet", pyarrow.parquet.read_table(parquet)),
    ("arrow", pyarrow.feather.read_table(arrow)),
]:
    assert table.shape == (rows, columns), (who, table.shape)
    assert sum(table["id"].to_pylist()) == total, who
for who, frame in [
    ("polars, parquet", polars.read_parquet(parquet)),
    ("polars, arrow", polars.read_ipc(arrow)),
    ("polars, csv", polars.read_csv(csv, infer_schema_length=None)),
    ("pandas, parquet", pandas.read_parquet(parquet)),
    ("pandas, csv", pandas.read_csv(csv)),
]:
    assert frame.shape == (rows, columns), (who, frame.shape)
    assert rows == 0 or frame["id"].sum() == total, who
for source in [f"'{parquet}'"] + ([f"read_csv('{csv}')", f"'{folder}/runs.jsonl'"] if rows else []):
    found = duckdb.sql(f"SELECT count(*), coalesce(sum(id), 0) FROM {source}").fetchall()
    assert found == [(rows, total)], (source, found)
groups = pyarrow.parquet.ParquetFile(parquet).metadata
for index in range(groups.num_row_groups):
    assert groups.row_group(index).num_rows <= 131072
