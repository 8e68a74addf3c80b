"""The same tasks with another program: `python peer.py PROGRAM TASK FOLDER N`.

Each task is a process of its own, and prints one line:

    lifecycle  N runs one after the other, each registered, started and completed: the seconds
    queue      N waiting runs are put into the queue: nothing
    drain      prints `ready`, waits for a line, executes what it gets from the queue, and writes which runs these were
               into a file: how many
    fill       N completed runs: nothing
    query      the ten best of the runs with seed 0: the seconds, and how many runs were found
    start      opens the project, and counts its runs: how many
"""

import json
import os
import sys
import time
from pathlib import Path


def settings(n):
    """The n-th run."""
    return {"learning_rate": 10.0 ** -(n % 5), "layers": n // 5 % 8, "seed": n // 40}


def results(n):
    return {"val_loss": n * 7919 % 9973 / 9973, "val_accuracy": n * 104729 % 9973 / 9973}


class Optuna:
    """Optuna; `journal` is its storage in a file of lines, otherwise the one in SQLite."""

    def __init__(self, folder, journal):
        import optuna
        from optuna.storages import JournalStorage, RDBStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna = optuna
        if journal:
            storage = JournalStorage(JournalFileBackend(str(folder / "journal.log")))
        else:
            storage = RDBStorage(f"sqlite:///{folder / 'optuna.db'}")
        sampler = optuna.samplers.RandomSampler(seed=0)
        self.study = optuna.create_study(
            storage=storage, study_name="peers", load_if_exists=True, sampler=sampler
        )
        distributions = optuna.distributions
        self.distributions = {
            "learning_rate": distributions.FloatDistribution(1e-5, 1.0),
            "layers": distributions.IntDistribution(0, 8),
            "seed": distributions.IntDistribution(0, 10**6),
        }

    def finish(self, trial, n):
        trial.set_user_attr("val_accuracy", results(n)["val_accuracy"])
        self.study.tell(trial, results(n)["val_loss"])

    def one(self, n):
        self.study.enqueue_trial(settings(n))
        self.finish(self.study.ask(self.distributions), n)

    def queue(self, count):
        for n in range(count):
            self.study.enqueue_trial(settings(n), user_attrs={"n": n})

    def drain(self):
        while True:
            trial = self.study.ask(self.distributions)
            n = trial.user_attrs.get("n")
            if n is None:
                # Nothing was waiting, so this trial is a new one.
                self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)
                return
            yield n
            self.finish(trial, n)

    def fill(self, count):
        self.study.add_trials(
            self.optuna.create_trial(
                params=settings(n),
                distributions=self.distributions,
                value=results(n)["val_loss"],
                user_attrs={"val_accuracy": results(n)["val_accuracy"]},
            )
            for n in range(count)
        )

    def query(self):
        completed = (self.optuna.trial.TrialState.COMPLETE,)
        trials = self.study.get_trials(deepcopy=False, states=completed)
        found = [trial for trial in trials if trial.params["seed"] == 0]
        return sorted(found, key=lambda trial: trial.value)[:10]

    def count(self):
        return len(self.study.get_trials(deepcopy=False))


class Mlflow:
    """MLflow with SQLite. It has no queue."""

    def __init__(self, folder):
        from mlflow import MlflowClient

        self.database = folder / "mlflow.db"
        self.client = MlflowClient(tracking_uri=f"sqlite:///{self.database}")
        experiment = self.client.get_experiment_by_name("peers")
        self.experiment = (
            experiment.experiment_id if experiment else self.client.create_experiment("peers")
        )

    def one(self, n):
        from mlflow.entities import Metric, Param

        run = self.client.create_run(self.experiment).info.run_id
        params = [Param(key, str(value)) for key, value in settings(n).items()]
        self.client.log_batch(run, params=params)
        now = int(time.time() * 1000)
        metrics = [Metric(key, value, now, 0) for key, value in results(n).items()]
        self.client.log_batch(run, metrics=metrics)
        self.client.set_terminated(run)

    def fill(self, count):
        """The first run by MLflow, and copies of its rows, because 10,000 runs would take ten minutes."""
        import sqlite3

        self.one(0)
        connection = sqlite3.connect(self.database)
        connection.row_factory = sqlite3.Row
        for table in ["runs", "params", "metrics", "latest_metrics", "tags"]:
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
            marks = ", ".join(f":{name}" for name in rows[0])
            copies = []
            for n in range(1, count):
                values = settings(n) | results(n)
                for row in rows:
                    copy = row | {"run_uuid": f"{n:032x}"}
                    if row.get("key") in values:
                        value = values[row["key"]]
                        copy["value"] = str(value) if table == "params" else value
                    copies.append(copy)
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", copies)
        connection.commit()
        connection.close()

    def query(self):
        return self.client.search_runs(
            [self.experiment],
            "params.seed = '0' and attributes.status = 'FINISHED'",
            order_by=["metrics.val_loss ASC"],
            max_results=10,
        )

    def count(self):
        # It has no call that counts.
        return len(self.client.search_runs([self.experiment], max_results=50_000))


class Signac:
    """signac. It has no queue."""

    def __init__(self, folder):
        import signac

        self.project = signac.init_project(str(folder / "signac"))

    def one(self, n):
        job = self.project.open_job(settings(n))
        job.init()
        job.doc.status = "running"
        job.doc.update({"status": "completed", **results(n)})

    def fill(self, count):
        for n in range(count):
            self.one(n)

    def query(self):
        jobs = self.project.find_jobs({"seed": 0, "doc.status": "completed"})
        return sorted(jobs, key=lambda job: job.doc.val_loss)[:10]

    def count(self):
        return len(self.project)


SCHEMA = """
[project]
name = "peers"
[identifying.learning_rate]
type = "float"
[identifying.layers]
type = "int"
[identifying.seed]
type = "int"
[annotating.val_loss]
type = "float"
indexed = true
[annotating.val_accuracy]
type = "float"
[annotating.status]
type = "string"
indexed = true
[annotating.started_at]
type = "datetime"
[annotating.completed_at]
type = "datetime"
[annotating.wallclock_seconds]
type = "float"
[annotating.error_excerpt]
type = "string"
"""


class Wallow:
    """The Python package `wallow`. Its workers share no queue: each goes through all runs."""

    def __init__(self, folder):
        import wallow
        from wallow.contrib import lifecycle

        self.wallow, self.lifecycle = wallow, lifecycle
        schema = folder / "python.toml"
        if not schema.exists():
            draft = folder / f"python.toml.{os.getpid()}"
            draft.write_text(SCHEMA)
            draft.rename(schema)
        self.store = wallow.Store(folder / "python.db", schema=wallow.load_schema(schema))
        self.waiting = folder / "waiting"

    def one(self, n):
        with self.lifecycle.run_lifecycle(self.store, identifying=settings(n)) as handle:
            handle.finalise(annotating=results(n))

    def queue(self, count):
        for n in range(count):
            self.register(n, {"status": "pending"})
        self.waiting.write_text(str(count))

    def register(self, n, annotating):
        self.wallow.register(
            self.store,
            identifying=settings(n),
            annotating=annotating,
            on_duplicate="return_existing",
        )

    def drain(self):
        for n in range(int(self.waiting.read_text())):
            try:
                with self.lifecycle.run_lifecycle(self.store, identifying=settings(n)) as handle:
                    yield n
                    handle.finalise(annotating=results(n))
            except self.lifecycle.AlreadyCompleted:
                pass

    def fill(self, count):
        for n in range(count):
            self.register(n, {"status": "completed", **results(n)})

    def query(self):
        F = self.wallow.F
        chosen = self.store.where(F("seed") == 0, F("status") == "completed")
        return chosen.order_by(F("val_loss").asc()).limit(10).all()

    def count(self):
        return self.store.count()


PROGRAMS = {
    "wallow-python": Wallow,
    "optuna-sqlite": lambda folder: Optuna(folder, journal=False),
    "optuna-journal": lambda folder: Optuna(folder, journal=True),
    "mlflow": Mlflow,
    "signac": Signac,
}


def main():
    program, task, folder, count = sys.argv[1:]
    folder, count = Path(folder), int(count)
    peer = PROGRAMS[program](folder)
    if task == "lifecycle":
        begun = time.perf_counter()
        for n in range(count):
            peer.one(n)
        print(time.perf_counter() - begun)
    elif task == "queue":
        peer.queue(count)
    elif task == "drain":
        print("ready", flush=True)
        sys.stdin.readline()
        executed, why = [], ""
        try:
            for n in peer.drain():
                executed.append(n)
        except Exception as error:  # What ends a worker is a result, too.
            why = f"{type(error).__name__}"
        (folder / f"drained-{os.getpid()}").write_text(json.dumps(executed))
        print(len(executed), why)
    elif task == "fill":
        peer.fill(count)
    elif task == "query":
        begun = time.perf_counter()
        found = peer.query()
        print(time.perf_counter() - begun, len(found))
    elif task == "start":
        print(peer.count())


main()
