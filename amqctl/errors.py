"""Every error amqctl raises on purpose, written for the person at the terminal.

    AmqctlError                      exit code
    ├── BadUsage                     2   the command line asks for something that cannot be meant
    │   └── BadTopology              2   the topology file: every problem, each with line and column
    ├── CannotRun                    3   something on this machine is in the way; all of it at once
    │   ├── NotProvisioned           3   a distribution, JRE, image or schema could not be had
    │   ├── NoEngine                 3   the Docker engine does not answer
    │   └── Busy                     3   another amqctl is working on this cluster
    ├── NodeDied                     3   a node left while we waited for it; carries its last log lines
    ├── NeverHappened                3   a wait ran out; says what was awaited and what was last seen
    └── ClaimFailed                  1   a claim was checked and does not hold

A failed drill is a Verdict, not an exception; ClaimFailed is for verbs (`recv --expect 50`).
Foreign exceptions are translated in the module that imports the library, `raise … from exc`.
Only `amqctl.cli` prints and exits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it.

    line and column count from 1 and are None where there is no such place.
    """

    what: str
    fix: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.file or ("" if self.line is None else "-")  # as compilers name standard input
        if self.line is not None:
            place += f":{self.line}:{self.column or 1}"
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}\n    {self.fix}" if self.fix else text


class AmqctlError(Exception):
    """Base of all. message: what is wrong; hint: what to do next; details: evidence, a line each."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class BadUsage(AmqctlError):
    exit_code = 2


class _Problems(AmqctlError):
    """An error that is a list of problems."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        if not problems:
            raise ValueError("an error of problems needs at least one")
        super().__init__("\n".join(str(p) for p in problems), hint=hint)
        self.problems = tuple(problems)


class BadTopology(_Problems, BadUsage):
    """The topology cannot be accepted; `problems` holds all of them, in the order of the file."""


class CannotRun(_Problems):
    """The topology is fine, this machine is not ready for it."""


class NotProvisioned(CannotRun):
    """A distribution, a JRE, a schema or a driver could not be had."""


class NoEngine(CannotRun):
    """No Docker engine answers, or not to this user."""


class Busy(CannotRun):
    """Another amqctl holds this cluster's lock."""


class NodeDied(AmqctlError):
    """A node's process left while it was awaited; details are its last log lines."""

    def __init__(self, node: str, exit_code: int | None, log: Sequence[str], *, hint: str = "") -> None:
        code = "" if exit_code is None else f" (exit code {exit_code})"
        super().__init__(f"{node} died while it was awaited{code}", hint=hint, details=log)
        self.node = node


class NeverHappened(AmqctlError):
    """A wait ran out. what: the awaited fact; within: seconds; last: what was last seen."""

    def __init__(self, what: str, within: float, last: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(f"{what}: not within {within:g} s; last seen: {last}", hint=hint, details=details)
        self.what = what
        self.within = within
        self.last = last


class ClaimFailed(AmqctlError):
    exit_code = 1
