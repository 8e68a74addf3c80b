"""What the Python package `wallow` does with a database that Rust has open, too: STEP ARGUMENTS…

Runs travel as lines of JSON, floats and times in them as text: {"key": …, "first": …, "then": …}, values that
are registered and others that overwrite them.
"""

import json
import math
import random
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from wallow import Store, cli, load_schema
from wallow.store import find, register

SEED = 20260102
YEAR_1 = datetime(1, 1, 1, tzinfo=timezone.utc)
MICROSECONDS = 9999 * 365 * 86_400 * 10**6
ODD_TEXTS = ["", " ", "NULL", "0", "1.0", "0x10", "true", "a\0b", "two\nlines\r\n", "\x1b[31m", "'\"`;--", "\u202eabc"]
ODD_FLOATS = [0.0, -0.0, math.inf, -math.inf, 5e-324, 2.2250738585072014e-308, 1.7e307, 0.1 + 0.2, 1e22, 1e23]
ODD_INTS = [0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]


# --- random values ---


def a_text(rng):
    if rng.random() < 0.2:
        return rng.choice(ODD_TEXTS)
    ranges = [(0x20, 0x7E), (0x00, 0x1F), (0xA0, 0x24F), (0x300, 0x36F), (0x4E00, 0x9FFF), (0x1F300, 0x1FAFF)]
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randint(0, 20)))


def a_float(rng):
    match rng.randrange(7):
        case 0:
            return rng.choice(ODD_FLOATS)
        case 1:  # any bits; half of all magnitudes are never met otherwise
            value = struct.unpack("<d", rng.randbytes(8))[0]
            return value if abs(value) < 1e307 else rng.random()
        case 2:
            return rng.choice([-1, 1]) * 10 ** rng.uniform(-323, 307)
        case 3:  # what people write
            return round(rng.uniform(-100, 100), rng.randint(0, 8))
        case 4:  # a power of ten and its neighbours
            value = float(f"1e{rng.randint(-320, 307)}")
            return rng.choice([value, math.nextafter(value, 0), math.nextafter(value, math.inf)])
        case 5:  # exactly in the middle of two values of twelve digits
            return rng.randint(10**11, 10**12) + 0.5
        case _:  # noise of sums
            return sum(rng.choice([0.1, 0.2, 0.3, 0.7]) for _ in range(rng.randint(1, 9)))


def an_int(rng):
    return rng.choice(ODD_INTS) if rng.random() < 0.3 else rng.getrandbits(64) - 2**63


def a_time(rng):
    return YEAR_1 + timedelta(microseconds=rng.randrange(MICROSECONDS))


def a_json(rng, depth=0):
    """Whatever JSON can hold; by itself no float (see 4.7 of the specification)."""
    kinds = ["text", "bool", "int"] + (["float", "null"] if depth else []) + ["list", "dict"] * (depth < 4)
    match rng.choice(kinds):
        case "text":
            return a_text(rng)
        case "bool":
            return rng.random() < 0.5
        case "int":
            return an_int(rng)
        case "float":
            value = a_float(rng)
            return value if math.isfinite(value) else None
        case "null":
            return None
        case "list":
            return [a_json(rng, depth + 1) for _ in range(rng.randint(0, 4))]
        case "dict":
            return {a_text(rng): a_json(rng, depth + 1) for _ in range(rng.randint(0, 4))}


MAKERS = {
    "int": an_int,
    "float": a_float,
    "string": a_text,
    "path": a_text,
    "bool": lambda rng: rng.random() < 0.5,
    "json": a_json,
    "datetime": a_time,
}


def some(schema, rng, chance_of_null):
    """Some annotating fields, some of them NULL where that may be."""
    values = {}
    for name in sorted(schema.annotating):
        field = schema.fields[name]
        if rng.random() < 0.3:
            continue
        null = field.nullable and rng.random() < chance_of_null(field)
        values[name] = None if null else MAKERS[field.type](rng)
    return values


def a_run(schema, rng, index):
    key = {"label": f"{index} {a_text(rng)}"}
    for name in sorted(schema.identifying - {"label"}):
        if rng.random() < 0.7:
            key[name] = MAKERS[schema.fields[name].type](rng)
    return {
        "key": key,
        # A NULL beside a default is another matter (4.7).
        "first": some(schema, rng, lambda field: 0.1 if field.default is None else 0),
        "then": some(schema, rng, lambda field: 0.2),
    }


# --- values as text ---


def shown(schema, values):
    def one(field, value):
        # A float within JSON is a number there.
        if field.type == "float" and value is not None:
            return repr(value)
        return value.isoformat() if isinstance(value, datetime) else value

    return {name: one(schema.fields[name], value) for name, value in values.items()}


def meant(schema, values):
    def one(field, value):
        if value is None:
            return None
        if field.type == "float":
            return float(value)
        return datetime.fromisoformat(value) if field.type == "datetime" else value

    return {name: one(schema.fields[name], value) for name, value in values.items()}


def runs(schema, path):
    with open(path) as file:
        for line in file:
            yield {part: meant(schema, values) for part, values in json.loads(line).items()}


# --- steps ---


def opened(database, schema):
    return Store(database, schema=load_schema(schema))


def make(schema, path, count):
    """Makes runs up."""
    rng, schema = random.Random(SEED), load_schema(schema)
    with open(path, "w") as file:
        for index in range(int(count)):
            run = a_run(schema, rng, index)
            parts = {part: shown(schema, values) for part, values in run.items()}
            print(json.dumps(parts, allow_nan=False), file=file)


def write(database, schema, path):
    """Registers them; each is new."""
    store = opened(database, schema)
    for run in runs(store.schema, path):
        register(store, identifying=run["key"], annotating=run["first"], on_duplicate="raise")


def read(database, schema, path, *parts):
    """Finds each, with the values of these parts, one written over the other."""
    store = opened(database, schema)
    for run in runs(store.schema, path):
        result = register(store, identifying=run["key"], on_duplicate="return_existing")
        assert not result.was_inserted, f"registered twice: {run['key']!r}"
        expected = {name: store.schema.fields[name].default for name in store.schema.annotating}
        for part in parts:
            expected |= run[part]
        for name, value in expected.items():
            found = getattr(result.run, name)
            if isinstance(value, datetime):
                value = value.replace(tzinfo=None)
            assert found == value and type(found) is type(value), f"{run['key']!r}: {name}: {found!r}, not {value!r}"
        assert find(store, **run["key"]).id == result.run.id
    for run in store.all():
        # Rust compares these.
        print(run.uuid, run.created_at.isoformat(" ", "microseconds"), run.updated_at.isoformat(" ", "microseconds"))


def overwrite(database, schema, path):
    """Writes the other values over them."""
    store = opened(database, schema)
    for run in runs(store.schema, path):
        result = register(store, identifying=run["key"], annotating=run["then"], on_duplicate="overwrite")
        assert result.was_updated


def canonical(schema, path, *precisions):
    """What floats are as keys, at each precision."""
    rng, schema = random.Random(SEED), load_schema(schema)
    with open(path, "w") as file:
        for _ in range(30_000):
            value = a_float(rng)
            row = [value]
            for precision in precisions:
                schema.float_precision = int(precision)
                row.append(schema.normalise_identifying_value("rate", value))
            print(*map(repr, row), file=file)


def floats(database, schema, path, count):
    """Registers the first of those floats as keys; how many were new."""
    store = opened(database, schema)
    with open(path) as file:
        rates = [float(line.split()[0]) for _, line in zip(range(int(count)), file)]
    results = [
        register(store, identifying={"label": "rate", "rate": rate}, on_duplicate="return_existing") for rate in rates
    ]
    print(sum(result.was_inserted for result in results))


def migrate(database, schema):
    """A project of the package, with its first migration applied."""
    folder = Path(schema).parent
    text = Path(schema).read_text()
    ini = str(folder / "alembic.ini")
    assert cli.main(["init", "--force", "--dir", str(folder), "--db", database]) == 0
    Path(schema).write_text(text)
    assert cli.main(["migrate", "generate", "initial", "--alembic-ini", ini]) == 0
    assert cli.main(["migrate", "apply", "--alembic-ini", ini]) == 0
    assert Store(database, schema=load_schema(schema)).count() == 0


def differences(database, schema):
    """What the package means otherwise."""
    store = opened(database, schema)
    zone = timezone(timedelta(hours=2))
    for label, values in {
        "zone": {"seen_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone)},
        "nothing": {"note": None, "extra": None},
        "number": {"extra": 1.0},
        "nan": {"score": math.nan},
        "nan in json": {"extra": {"loss": [math.nan]}},
    }.items():
        register(store, identifying={"label": label}, annotating=values, on_duplicate="raise")
    key = {"label": "integer", "rate": 10**15 + 1}
    register(store, identifying=key, on_duplicate="raise")


def race(database, schema, count):
    """Registers keys when the test says so; returns how many were new."""
    store = opened(database, schema)
    print("ready", flush=True)
    sys.stdin.readline()
    new = 0
    for step in reversed(range(int(count))):
        key = {"label": "race", "step": step, "rate": step / 10}
        new += register(store, identifying=key, on_duplicate="return_existing").was_inserted
    print(new)


STEPS = {step.__name__: step for step in [make, write, read, overwrite, canonical, floats, migrate, differences, race]}
STEPS[sys.argv[1]](*sys.argv[2:])
