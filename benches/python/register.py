"""Registers runs one by one with the Python package `wallow`, and prints how many seconds that took.

    python register.py SCHEMA DATABASE RUNS

RUNS has a run on each line, as JSON: its identifying and its annotating fields.
"""

import json
import sys
import time
from datetime import datetime

from wallow import Store, load_schema, register


def main():
    schema, database, runs = sys.argv[1:]
    with open(runs, encoding="utf-8") as lines:
        runs = [json.loads(line) for line in lines]
    for run in runs:
        run["annotating"]["started_at"] = datetime.fromisoformat(run["annotating"]["started_at"])
    store = Store(database, schema=load_schema(schema))
    begun = time.perf_counter()
    for run in runs:
        register(store, **run, on_duplicate="return_existing")
    print(time.perf_counter() - begun)


main()
