"""Which port each connector and console gets, and whether two want the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amqctl.topology.model.broker import Ports
from amqctl.topology.notes import Notes
from amqctl.topology.settled import Origin, Row
from amqctl.topology.yamltext import Path

# the port of the first broker of the file; every further one has the next
BASES: Mapping[str, int] = {
    "openwire": 61616,
    "stomp": 62613,  # not ActiveMQ's 61613: three brokers on, that would be in the way of openwire
    "ws": 63614,
    "amqp": 5672,
    "mqtt": 1883,
    "console": 8161,
}


@dataclass(frozen=True, slots=True)
class _Claim:
    broker: str
    kind: str
    path: Path  # of the port where it is written, else of the broker
    written: bool

    def __str__(self) -> str:
        return f"{self.broker} {self.kind}"

    @property
    def key(self) -> str:
        """Where to write another port; `brokers: 2` has no such place."""
        by_name = self.path if not self.written else self.path[:-2]
        if by_name[-1] == self.broker:
            return f"set {'.'.join(map(str, by_name))}.ports.{self.kind}"
        return f"write the brokers of {by_name[1]} by name, each with its ports"


class PortBook:
    """Hands out ports and remembers who has which. offset: added to all; offset_detail says by whom."""

    def __init__(self, notes: Notes, offset: int, offset_detail: str) -> None:
        self._notes = notes
        self._offset = offset
        self._detail = offset_detail
        self._claims: dict[int, _Claim] = {}

    def assign(
        self, broker: str, index: int, kinds: list[str], ports: Ports | None, path: Path
    ) -> tuple[dict[str, int], list[Row]]:
        """A port for each of `kinds`, with where it came from. ports: as written; path: of the broker."""
        given, rows = {}, []
        for kind in kinds:
            port = getattr(ports, kind) if ports else None
            written = port is not None
            claim = _Claim(broker, kind, (*path, "ports", kind) if written else path, written)
            if port is None:
                port = BASES[kind] + index
                origin = Origin("default", f"{BASES[kind]} + {index}" + (f", {self._detail}" if self._offset else ""))
            else:
                origin = self._notes.origin(claim.path, self._detail if self._offset else "")
            given[kind] = port + self._offset
            rows.append(Row(f"ports.{kind}", str(given[kind]), origin))
            self._claim(given[kind], claim)
        self._unused(broker, kinds, ports, path)
        return given, rows

    def _claim(self, port: int, claim: _Claim) -> None:
        notes = self._notes
        if not 1 <= port <= 65535:
            by = f" with {self._detail}" if self._offset else ""
            fix = claim.key + " lower, or a smaller offset"
            notes.problem(f"{claim}: port {port}{by} is beyond 65535", fix, claim.path)
            return
        other = self._claims.setdefault(port, claim)
        if other is not claim:
            owners = " and ".join(str(c) + self._whence(c) for c in (other, claim))
            # the later one gives way, unless only the earlier one's port was not written
            culprit = other if claim.written and not other.written else claim
            both = other.written and claim.written
            notes.problem(f"port {port} is claimed twice: {owners}", culprit.key, claim.path, of_absence=not both)

    def _whence(self, claim: _Claim) -> str:
        if not claim.written:
            return " (not written)"
        return self._notes.line(claim.path)

    def _unused(self, broker: str, kinds: list[str], ports: Ports | None, path: Path) -> None:
        for kind in BASES:
            if ports and getattr(ports, kind) is not None and kind not in kinds:
                what = f"{broker} has a port for {kind}, but no {kind} connector"
                fix = f"write `connectors: {{{kind}: {{}}}}`, or remove the port"
                self._notes.problem(what, fix, (*path, "ports", kind), of_absence=True)
