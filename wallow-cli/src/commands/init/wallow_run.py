"""Talks to `wallow work` from a Python program. One file without dependencies, for Python 3.7 and newer.

    import wallow_run

    p = wallow_run.params(learning_rate=1e-3, seed=0)
    for epoch in range(100):
        loss = ...
        wallow_run.log(epoch, loss=loss)
        if wallow_run.stopping():
            save(wallow_run.dir() / "checkpoint")
            sys.exit(75)  # the run goes back to the queue
    wallow_run.result(val_loss=loss)

Without `wallow work`, the parameters are the defaults or options of the command line (`--seed 3`), and results are
printed, so the program can be tried as it is.
"""

import difflib
import json
import os
import pathlib
import signal
import sys
import threading
import time

__all__ = ["params", "log", "result", "dir", "stopping"]


class Params(dict):
    """The identifying fields of a run, as items and as attributes: `p["seed"]`, `p.seed`."""

    __slots__ = ()

    def __getattr__(self, name):
        # Called only if there is no such attribute, so a field named like a method of dict is read as an item.
        try:
            return self[name]
        except KeyError:
            raise AttributeError(_unknown(name, self)) from None


def params(**defaults):
    """Returns the identifying fields of the run.

    Under `wallow work` they are those of the run, and each default must name one of them: a default that the run does
    not know would be the same in every run. Otherwise they are the defaults, and `--name value` or `--name=value` of
    the command line overrides them, read as the type of the default.
    """
    path = os.environ.get("WALLOW_PARAMS")
    if path is None:
        return Params(_overridden(defaults, sys.argv[1:]))
    with open(path, encoding="utf-8") as file:
        fields = Params(json.load(file))
    for name, default in defaults.items():
        if name not in fields:
            raise ValueError(_unknown(name, fields))
        # JSON has no infinities, so they are texts there.
        if isinstance(default, float) and fields[name] in ("Infinity", "-Infinity"):
            fields[name] = float(fields[name])
    return fields


def log(step, **values):
    """Adds a point to the curve of the run, such as `log(epoch, loss=0.5)`."""
    if _append("log", dict(step=step, **values)):
        return
    print("step {}: {}".format(step, _shown(values)), flush=True)


def result(**values):
    """Reports annotating fields, such as `result(val_loss=0.25)`. A later value replaces an earlier one."""
    if "step" in values:
        raise ValueError("result(): `step` makes it a point of the curve; report it with log(step, ...)")
    if _append("result", values):
        return
    print(_shown(values), flush=True)


def dir():
    """Returns the folder of the run, for its files; without `wallow work` it is `wallow-run` here."""
    folder = pathlib.Path(os.environ.get("WALLOW_DIR", "wallow-run"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stopping():
    """Tells whether to save and end: after SIGTERM, or shortly before the time of the run is over.

    From the first call on, SIGTERM does not end the program any more. A handler that the program has set before is
    called as well. Call it first in the main thread, because Python sets handlers only there.
    """
    _listen()
    return _term.received or (_limit is not None and time.time() >= _limit)


def _unknown(name, fields):
    near = difflib.get_close_matches(name, fields, 1)
    if near:
        hint = "did you mean `{}`?".format(near[0])
    else:
        hint = "it has {}; declare it in wallow.toml, or use a constant".format(", ".join(fields))
    return "the run has no identifying field `{}`; {}".format(name, hint)


def _overridden(defaults, arguments):
    """The defaults, with the options of the command line. Other options are for the program."""
    fields = dict(defaults)
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--":
            break
        option, has_value, value = argument.partition("=")
        name = option[2:].replace("-", "_")
        if not option.startswith("--") or name not in defaults:
            continue
        if not has_value:
            value = next(arguments, None)
            if value is None:
                _misused("{} needs a value".format(option))
        fields[name] = _read(option, value, defaults[name])
    return fields


def _read(option, text, default):
    """A value of the command line, as the type of the default."""
    if isinstance(default, bool):
        known = {"true": True, "false": False}
        if text.lower() in known:
            return known[text.lower()]
        _misused("{}: `{}` is neither true nor false".format(option, text))
    if isinstance(default, str):
        return text
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            kind = "an integer" if isinstance(default, int) else "a number"
            _misused("{}: `{}` is not {}, as the default {} is".format(option, text, kind, default))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _misused(message):
    print("error: " + message, file=sys.stderr)
    sys.exit(2)


def _append(function, values):
    """Appends a line to the file of results; False if there is none."""
    path = os.environ.get("WALLOW_RESULT")
    members = []
    for name, value in values.items():
        try:
            text = json.dumps(value, default=_plain)
        except (TypeError, ValueError) as error:
            raise type(error)("{}(): `{}`: {}".format(function, name, error)) from None
        members.append("{}: {}".format(json.dumps(name), text))
    if path is None:
        return False
    line = ("{" + ", ".join(members) + "}\n").encode("ascii")
    # One write to a file opened for appending: lines of threads and of forked processes do not mix.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        while line:
            line = line[os.write(file, line) :]
    finally:
        os.close(file)
    return True


def _plain(value):
    """What json cannot write: scalars and arrays of numpy and torch, times, fractions, paths."""
    for method in ("tolist", "item"):
        if hasattr(value, method):
            # A scalar, or an array without dimensions, becomes a number; any other array becomes a list.
            plain = getattr(value, method)()
            # Long floats of numpy stay what they are.
            if type(plain) is not type(value):
                return plain
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__float__"):
        return float(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError("a value of type {} cannot be written as JSON".format(type(value).__name__))


def _shown(values):
    return " ".join("{}={}".format(name, value) for name, value in values.items())


class _Term:
    """What is known of SIGTERM."""

    received = False
    # Whether our handler is set, and the one before it.
    is_set = False
    previous = None


_term = _Term()


def _listen():
    if _term.is_set or threading.current_thread() is not threading.main_thread():
        return
    previous = signal.getsignal(signal.SIGTERM)
    if previous is None:
        # A handler that is not Python's could not be called, so it stays.
        return
    _term.previous = previous
    _term.is_set = True
    signal.signal(signal.SIGTERM, _on_term)


def _on_term(number, frame):
    _term.received = True
    if callable(_term.previous):
        _term.previous(number, frame)


def _forget():
    """In a forked process, SIGTERM means what it did before: multiprocessing ends its workers with it."""
    if _term.is_set:
        _term.is_set = False
        if signal.getsignal(signal.SIGTERM) is _on_term:
            signal.signal(signal.SIGTERM, _term.previous)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _limit_of(deadline):
    """When to stop: a tenth of the time that is left now, at most half a minute, before the deadline."""
    if deadline is None:
        return None
    left = max(0.0, float(deadline) - time.time())
    return float(deadline) - min(30.0, left / 10)


_limit = _limit_of(os.environ.get("WALLOW_DEADLINE"))
