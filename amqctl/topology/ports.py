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

OWN = 64616  # for a transport connector of which the port cannot be read


@dataclass(frozen=True, slots=True)
class _Claim:
    """key: where to write another port."""

    owner: str
    kind: str
    path: Path  # of the port where it is written, else of its owner
    written: bool
    key: str

    def __str__(self) -> str:
        return f"{self.owner} {self.kind}"


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
            key = _key(path, broker, kind)
            claim = _Claim(broker, kind, (*path, "ports", kind) if written else path, written, key)
            given[kind], origin = self._give(claim, port, BASES[kind], index)
            rows.append(Row(f"ports.{kind}", str(given[kind]), origin))
        self._unused(broker, kinds, ports, path)
        return given, rows

    def companion(
        self, name: str, kind: str, port: int | None, base: int, index: int, path: Path, key: str = "port"
    ) -> tuple[int, Row]:
        """A port of a companion. port: as written. index: how many before it have the same base. key: which port,
        of one that has several. path: of its recipe."""
        written = port is not None
        what = kind if key == "port" else f"{kind} {key}"
        claim = _Claim(
            name, what, (*path, "port") if written else path, written, f"set {'.'.join(map(str, path))}.port"
        )
        given, origin = self._give(claim, port, base, index)
        return given, Row(key, str(given), origin)

    def replication(self, broker: str, port: int | None, base: int, index: int, path: Path) -> tuple[int, Row]:
        """Where a broker's replicas reach it as master. port: as written. index: the broker's, over the whole file."""
        claim = _Claim(broker, "replication", path, port is not None, f"set groups.{path[1]}.store.leveldb.bind")
        given, origin = self._give(claim, port, base, index)
        return given, Row("bind", str(given), origin)

    def own(self, broker: str, index: int, path: Path, name: str, port: int) -> int:
        """A port for a transport connector of a configuration that is the user's own: the written one, and
        for every further broker of the file the next. port: 0 where none can be read."""
        claim = _Claim(broker, name, path, False, f"write another port for {name} in its activemq.xml")
        return self._give(claim, None, port or OWN, index)[0]

    def _give(self, claim: _Claim, port: int | None, base: int, index: int) -> tuple[int, Origin]:
        if port is None:
            port = base + index
            origin = Origin("default", f"{base} + {index}" + (f", {self._detail}" if self._offset else ""))
        else:
            origin = self._notes.origin(claim.path, self._detail if self._offset else "")
        self._claim(port + self._offset, claim)
        return port + self._offset, origin

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


def _key(path: Path, broker: str, kind: str) -> str:
    """`brokers: 2` has no such place."""
    if path[-1] == broker:
        return f"set {'.'.join(map(str, path))}.ports.{kind}"
    return f"write the brokers of {path[1]} by name, each with its ports"
