"""Runs of MLflow: `write DB`, and `check DB EXPORT`, whether an export of what was imported says what MLflow says."""

import json
import logging
import math
import os
import random
import sys
from datetime import datetime, timedelta, timezone

# MLflow tells nobody.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
logging.disable(logging.WARNING)

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType

# Nobody holds a claim on a run that MLflow calls running.
STATES = {"FINISHED": "completed", "FAILED": "failed", "KILLED": "failed", "RUNNING": "pending"}


def client(database):
    return mlflow.MlflowClient(tracking_uri=f"sqlite:///{database}")


def write(database):
    rng, mlflow_client = random.Random(7), client(database)
    experiments = [mlflow_client.create_experiment(name, artifact_location="/data") for name in ["wines", "“ö” 🐷"]]
    for index in range(40):
        start = rng.randrange(10**12, 2 * 10**12)
        run = mlflow_client.create_run(rng.choice(experiments), start_time=start, run_name=f"run {index}").info.run_id
        metrics = []
        for name in ["loss", "val/acc.1"]:
            for step in rng.sample(range(20), rng.randrange(6)):
                value = rng.choice([rng.gauss(0, 1), 10 ** rng.uniform(-300, 300), math.inf, -math.inf, math.nan, 3.0])
                metrics.append(Metric(name, value, start + step, step))
        params = [
            Param("index", str(index)),
            Param("lr", repr(10 ** rng.uniform(-6, -1))),
            Param("warm", str(rng.random() < 0.5)),
            Param("note", rng.choice(["naïve “quotes” 🐷", "a, \"b\"\nc", " "])),
        ]
        mlflow_client.log_batch(run, metrics=metrics, params=params, tags=[RunTag("team", f"team {index % 3}")])
        state = rng.choice(list(STATES))
        if state != "RUNNING":
            mlflow_client.set_terminated(run, state, end_time=start + rng.randrange(10**9))
        if rng.random() < 0.1:
            mlflow_client.delete_run(run)


def utc(millis):
    moment = millis and datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=millis)
    return moment and moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def meant(value):
    """MLflow keeps an infinity as the largest float."""
    return math.copysign(math.inf, value) if abs(value) >= sys.float_info.max else value


def shown(value):
    """A measure as JSON has it; NaN is NULL."""
    if value is None or math.isnan(value):
        return None
    value = meant(value)
    return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, value)


def expected(mlflow_client, names, run):
    info, data = run.info, run.data
    history = mlflow_client.get_metric_history(info.run_id, "loss")
    curve = [metric.value for metric in sorted(history, key=lambda metric: metric.step)]
    return {
        "index": int(data.params["index"]),
        "lr": float(data.params["lr"]),
        "warm": data.params["warm"] == "True",
        "note": data.params["note"],
        "team": data.tags["team"],
        "loss": shown(data.metrics.get("loss")),
        "accuracy": shown(data.metrics.get("val/acc.1")),
        "curve": [value if math.isfinite(meant(value)) else None for value in curve] or None,
        "experiment": names[info.experiment_id],
        "run": info.run_id,
        "status": STATES[info.status],
        "error_excerpt": "KILLED" if info.status == "KILLED" else None,
        "started_at": utc(info.start_time),
        "completed_at": utc(info.end_time),
        "wallclock_seconds": info.end_time and (info.end_time - info.start_time) / 1000,
    }


def check(database, export):
    with open(export) as file:
        found = {run["run"]: run for run in map(json.loads, file)}
    mlflow_client = client(database)
    names = {experiment.experiment_id: experiment.name for experiment in mlflow_client.search_experiments()}
    runs = mlflow_client.search_runs(list(names), run_view_type=ViewType.ACTIVE_ONLY)
    assert len(runs) == len(found), (len(runs), len(found))
    for run in runs:
        for name, value in expected(mlflow_client, names, run).items():
            ours = found[run.info.run_id][name]
            assert ours == value and type(ours) is type(value), f"{run.info.run_id}: {name}: {ours!r}, not {value!r}"


{"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
