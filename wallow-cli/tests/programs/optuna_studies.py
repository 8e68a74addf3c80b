"""Studies of Optuna: `write DB`, and `check DB EXPORT`, whether an export of what was imported says what Optuna says."""

import json
import math
import os
import sys
import time
from datetime import timezone

# Optuna writes wall times.
os.environ["TZ"] = "Asia/Kolkata"
time.tzset()

import optuna
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
STATES = {
    TrialState.COMPLETE: "completed",
    TrialState.PRUNED: "failed",
    TrialState.FAIL: "failed",
    # Nobody holds a claim on it after an import.
    TrialState.RUNNING: "pending",
}


def suggest(trial):
    """A parameter of every distribution."""
    return (
        trial.suggest_float("lr", 1e-6, 1e-1, log=True),
        trial.suggest_float("dropout", 0.0, 0.9, step=0.1),
        trial.suggest_float("momentum", -1.0, 1.0),
        trial.suggest_int("layers", 1, 8),
        trial.suggest_int("units", 1, 2**40, log=True),
        trial.suggest_int("epochs", 10, 100, step=10),
        trial.suggest_categorical("optimiser", ["adam", "sgd", "“ö” 🐷, \"x\""]),
        trial.suggest_categorical("batch", [32, 64, 128]),
        trial.suggest_categorical("warm", [True, False]),
        trial.suggest_categorical("schedule", [None, "cosine", 0.5, False, 3]),
    )


def one(trial):
    lr, dropout, *_ = suggest(trial)
    trial.set_user_attr("note", f"naïve “quotes” 🐷 {trial.number}")
    trial.set_user_attr("tags", ["a", {"b": [1, 2.5, None, True]}])
    if trial.number % 2:
        # Some have a parameter that others lack.
        trial.suggest_float("decay", 0.0, 1.0)
    if trial.number == 3:
        raise ValueError("out of memory")
    if trial.number == 4:
        return math.nan
    if trial.number == 5:
        return -math.inf
    steps = [0, 1, 2, 10] if trial.number % 3 else [10, 2, 0, 1]
    for step in steps:
        trial.report({2: math.inf, 10: math.nan}.get(step, lr / (step + 1)), step)
    if trial.number % 4 == 2:
        raise optuna.TrialPruned()
    return lr + dropout


def two(trial):
    lr, dropout, *_ = suggest(trial)
    return lr, 1 - dropout


def write(database):
    storage = f"sqlite:///{database}"
    for name, sampler in {
        "random": optuna.samplers.RandomSampler(seed=1),
        "tpe": optuna.samplers.TPESampler(seed=2, multivariate=True, n_startup_trials=3),
    }.items():
        study = optuna.create_study(storage=storage, study_name=name, sampler=sampler)
        study.optimize(one, n_trials=12, catch=ValueError)
    sampler = optuna.samplers.NSGAIISampler(seed=3)
    study = optuna.create_study(
        storage=storage, study_name="two", directions=["minimize", "maximize"], sampler=sampler
    )
    study.optimize(two, n_trials=6)
    # One that somebody runs at this moment.
    suggest(study.ask())


def utc(moment):
    """As RFC 3339."""
    return moment and moment.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def finite(value):
    return value if value is None or math.isfinite(value) else None


def expected(study, trial):
    values = trial.values or []
    started, completed = trial.datetime_start, trial.datetime_complete
    names = ["lr", "dropout", "momentum", "layers", "units", "epochs", "optimiser", "batch", "warm", "schedule"]
    params = {name: trial.params[name] for name in names}
    loss = values[0] if values else None
    return params | {
        "study": study.study_name,
        "number": trial.number,
        "decay": trial.params.get("decay"),
        "loss": "-Infinity" if loss == -math.inf else loss,
        "accuracy": values[1] if len(values) > 1 else None,
        # JSON has neither NaN nor infinities.
        "curve": [finite(value) for _, value in sorted(trial.intermediate_values.items())],
        "note": trial.user_attrs.get("note"),
        "tags": trial.user_attrs.get("tags"),
        "status": STATES[trial.state],
        "error_excerpt": "PRUNED" if trial.state == TrialState.PRUNED else None,
        "started_at": utc(started),
        "completed_at": utc(completed),
        "wallclock_seconds": completed and (completed - started).total_seconds(),
        "created_at": utc(started),
        "updated_at": utc(completed or started),
    }


def check(database, export):
    with open(export) as file:
        runs = {(run["study"], run["number"]): run for run in map(json.loads, file)}
    storage = f"sqlite:///{database}"
    trials = [
        (study, trial)
        for study in (optuna.load_study(study_name=name, storage=storage) for name in ["random", "tpe", "two"])
        for trial in study.trials
    ]
    assert len(trials) == len(runs), (len(trials), len(runs))
    assert {trial.state for _, trial in trials} == set(STATES)
    for study, trial in trials:
        run = runs[study.study_name, trial.number]
        for name, value in expected(study, trial).items():
            found = run[name]
            same = found == value and type(found) is type(value)
            assert same, f"{study.study_name} {trial.number}: {name}: {found!r}, not {value!r}"


{"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
