"""Reading a history: what was sent, received, broken and seen. Pure; checkers build on these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, get_args

from amqctl.activemq import locklines
from amqctl.drills.model import History, Op, OpPhase

# A broker's own lines that say when something happened, by what they prove.
EVIDENCE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("stored", re.compile(r"Persistence Adapter successfully started")),
    ("connector", re.compile(r"(?<!Network )Connector \S+ started")),
    ("started", re.compile(r"Apache ActiveMQ \S+ \(.*\) started")),
    ("shutdown", re.compile(r"Apache ActiveMQ \S+ \(.*\) is shutdown")),
)  # fmt: skip
# And those about the lock
LOCK_EVIDENCE = {"master": "lock", "failing": "lock failing", "lost": "lock lost"}


def evidence(text: str) -> str | None:
    """What a log line proves, None for most."""
    if (of_lock := locklines.word(text)) in LOCK_EVIDENCE:
        return LOCK_EVIDENCE[of_lock]
    return next((kind for kind, pattern in EVIDENCE if pattern.search(text)), None)


def dump(history: Iterable[Op]) -> str:
    """JSON lines; empty fields are left out."""
    return "".join(
        json.dumps({k: v for k, v in asdict(op).items() if v not in (None, "")}, ensure_ascii=False) + "\n"
        for op in history
    )


def parse(text: str) -> History:
    """The inverse of dump. Raises ValueError with the number of a line that is not an operation.

    Of a text that ends within a line, as of a copy that was cut off, that line is left out, and with it the END.
    """
    out = []
    lines = text.split("\n")  # splitlines() would split inside a text with U+2028
    for number, line in enumerate(lines, 1):
        if line.strip() or number == 1:
            try:
                out.append(_op(line, number))
            except ValueError:
                if number != len(lines) or not out:
                    raise
                return tuple(op for op in out if op.what != END)
    return tuple(out)


def _op(line: str, number: int) -> Op:
    wrong = f"line {number} is not an operation"
    try:
        op = Op(**json.loads(line))
    except json.JSONDecodeError as exc:
        raise ValueError(f"{wrong}: {exc.msg}") from exc
    except (ValueError, TypeError, RecursionError) as exc:  # a number too long, another shape, nested too deep
        raise ValueError(wrong) from exc
    words = (op.who, op.what, op.phase, op.node)
    if not all(isinstance(word, str) for word in words) or op.phase not in get_args(OpPhase):
        raise ValueError(wrong)
    if isinstance(op.at, bool) or not isinstance(op.at, int | float) or not isfinite(op.at):
        raise ValueError(wrong)
    return op


def setup(history: History) -> Mapping[str, Any]:
    """The facts a history was recorded under, its first operation.

    drill, label, hurt (group), to_group, link, nodes (of the hurt group), budget and session (seconds), standard,
    counted (sends and consumes of the script), epoch (of at = 0), cluster, profile, run, persistent,
    client (stomp or jms; absent in older ones: stomp), transacted (messages a transaction of the load, 0: none),
    everyone (the nodes of all groups), own_budget (seconds, of the drill itself), asks (what it is strict about),
    ends (a run that came to its end has an operation that says so; absent in older ones).
    """
    for op in history:
        if op.what == "setup":
            return dict(op.value)
    raise ValueError("it has no setup operation")


END = "end"  # the last operation of a run that was neither interrupted nor cut off


def cut_short(history: History) -> str:
    """What is not known of a run that did not come to its end, or "". Nobody has read its queues, or not all."""
    seen = {op.what for op in history}
    # of before runs said that they end: after the reading comes only what excuses a loss
    ended = END in seen if setup(history).get("ends") else bool(seen & {"drain", "trouble", "crash"})
    if ended:
        return ""
    last = max(op.at for op in history)
    return f"the run was cut short after {last:.1f} s, before its queues had been read to the end: it shows nothing"


def message_id(op: Op) -> str:
    return str(op.value["id"]) if isinstance(op.value, dict) else str(op.value)


def is_persistent(op: Op) -> bool:
    return not isinstance(op.value, dict) or op.value.get("persistent", True)


@dataclass(slots=True)
class Sent:
    """ended is None while there is no completion; phase is info then. because: of a fail.

    node: where it was when it began. served: who answered, another one where the client failed over meanwhile.
    """

    id: str
    who: str
    node: str
    invoked: float
    persistent: bool
    ended: float | None = None
    phase: str = "info"
    because: str = ""
    served: str = ""


def sends(history: History) -> dict[str, Sent]:
    """Every attempted send by message id, in order of invocation."""
    out: dict[str, Sent] = {}
    for op in history:
        if op.what != "send":
            continue
        key = message_id(op)
        if op.phase == "invoke":
            out[key] = Sent(key, op.who, op.node, op.at, is_persistent(op), served=op.node)
        elif key in out:
            out[key].ended, out[key].phase = op.at, op.phase
            out[key].served = op.node or out[key].served
            out[key].because = op.value.get("because", "") if isinstance(op.value, dict) else ""
    return out


def message_groups(history: History) -> dict[str, str]:
    """JMSXGroupID by message id, of those that have one."""
    found = (op for op in history if op.what == "send" and op.phase == "invoke" and isinstance(op.value, dict))
    return {message_id(op): op.value["message_group"] for op in found if "message_group" in op.value}


def posts(history: History) -> dict[str, bool]:
    """Non-persistent messages that were promised nothing: id -> whether the broker took it."""
    return {message_id(op): op.phase == "ok" for op in history if op.what == "post"}


# what no node of the hurt group is spared
TO_ALL = ("restart-engine", "stop-store", "kill-most", "stop-zookeeper", "pause-zookeeper", "upgrade")
HARM = ("kill", "stop", *TO_ALL)
MENDED = ("start-store", "regain", "zookeeper-back")  # what ends a harm that the drill itself undoes


@dataclass(frozen=True, slots=True)
class Fault:
    """node: the master of the hurt group at that moment. of_all: no node of that group is spared."""

    kind: str  # one of HARM
    node: str
    invoked: float
    ended: float | None
    pid: int | None

    @property
    def of_all(self) -> bool:
        return self.kind in TO_ALL


def fault(history: History) -> Fault | None:
    """The first one; drills here have one."""
    begun = next((op for op in history if op.what in HARM and op.phase == "invoke"), None)
    if begun is None:
        return None
    ended = next((op.at for op in history if op.what == begun.what and op.phase == "ok"), None)
    return Fault(begun.what, begun.node, begun.at, ended, (begun.value or {}).get("pid"))


def ended_meanwhile(history: History) -> list[str]:
    """Nodes of the hurt group with another process when all were back than before a harm to all of them."""
    begun = next((op for op in history if op.what in TO_ALL and op.phase == "invoke"), None)
    back = next((op for op in history if op.what == "back"), None)
    if begun is None or back is None:
        return []
    before, after = begun.value["pids"], back.value["pids"]
    return [n for n in setup(history)["nodes"] if before.get(n) is not None and before[n] != after.get(n)]


@dataclass(frozen=True, slots=True)
class Takeover:
    """began: the latest moment at which the old master is known to have lived. seconds: from there to
    the first ok of a send invoked after it at another node; where all nodes were hurt, at any."""

    node: str
    began: float
    seconds: float
    pid: int | None


def takeover(history: History) -> Takeover | None:
    """From the load's own operations.

    The signal falls somewhere between the nemesis' invoke and ok (a supervisor is stopped first). A
    send that the old master still acknowledged proves it alive when that send was invoked, so the count
    starts there: never later than the signal, and with a load close to it.
    """
    hurt = fault(history)
    if hurt is None:
        return None
    here = set(setup(history)["nodes"])  # what other groups acknowledge says nothing of this one
    if hurt.node not in here:
        return None
    acked = [s for s in sends(history).values() if s.phase == "ok" and s.ended is not None and s.served in here]
    if hurt.of_all:
        return _outage(history, hurt, acked)
    alive = [s.invoked for s in acked if s.served == hurt.node and s.invoked <= (hurt.ended or s.invoked)]
    began = max([hurt.invoked, *alive])
    after = [s for s in acked if s.served != hurt.node and s.invoked >= began]
    if not after:
        return None
    first = min(after, key=lambda s: s.ended or 0.0)
    seen = next((op for op in history if op.what == "takeover" and op.node == first.served), None)
    pid = (seen.value or {}).get("pid") if seen else None
    return Takeover(first.served, began, max(0.0, (first.ended or 0.0) - began), pid)


def _outage(history: History, hurt: Fault, acked: list[Sent]) -> Takeover | None:
    """The longest time without an acknowledgement. The first ok after the fault ends nothing: an engine
    that stops takes one broker after the other, and a slave may serve for a moment before its turn comes."""
    ordered = sorted(acked, key=lambda s: s.ended or 0.0)
    pairs = [(a, b) for a, b in pairwise(ordered) if (b.ended or 0.0) > hurt.invoked]
    if not pairs:
        return None
    last, first = max(pairs, key=lambda pair: (pair[1].ended or 0.0) - (pair[0].ended or 0.0))
    began = max(hurt.invoked, last.invoked)
    back = next((op for op in history if op.what == "back" and op.phase == "ok"), None)
    pid = back.value["pids"].get(first.served) if back else None
    return Takeover(first.served, began, max(0.0, (first.ended or 0.0) - began), pid)


def interruptions(history: History) -> dict[str, float | None]:
    """Of each client that was interrupted once the harm had begun: the longest time until it was connected again, in
    seconds, by its own transport's word; None where the last one did not end."""
    hurt = fault(history)
    since: dict[str, float] = {}
    out: dict[str, float | None] = {}
    for op in history:
        if op.what != "transport" or hurt is None or op.at < hurt.invoked:
            continue
        if op.value["state"] == "interrupted":
            since.setdefault(op.who, op.at)
            out.setdefault(op.who, 0.0)
        elif op.value["state"] == "resumed" and op.who in since:
            out[op.who] = max(out[op.who] or 0.0, op.at - since.pop(op.who))
    return out | dict.fromkeys(since)


@dataclass(frozen=True, slots=True)
class Phases:
    """The takeover's parts by the new master's own log, in seconds; None where a line was not seen."""

    lock: float | None = None
    recovery: float | None = None
    connectors: float | None = None


def rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


CLOCKS_DIFFER = 0.05  # seconds: log stamps are milliseconds of another clock


def phases(history: History, took: Takeover) -> Phases:
    first: dict[str, float] = {}
    for op in history:
        if op.what == "log" and op.node == took.node and op.at >= took.began - CLOCKS_DIFFER:
            first.setdefault(op.value["proves"], max(op.at, took.began))
    lock, stored, connector = first.get("lock"), first.get("stored"), first.get("connector")
    ready = stored if stored is not None else connector  # older lines do not say when the store is up
    return Phases(
        lock=None if lock is None else lock - took.began,
        recovery=None if lock is None or ready is None else max(0.0, ready - lock),
        connectors=None if stored is None or connector is None else max(0.0, connector - stored),
    )
