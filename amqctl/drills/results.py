"""What comes out of drills: a result for each subject, and the report of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.drills.model import Verdict

Outcome = Literal["valid", "invalid", "unknown", "skipped"]


@dataclass(frozen=True, slots=True)
class Messages:
    """lost: acknowledged, not received. duplicated: extra deliveries. unexpected: received, never
    attempted. recovered: received though no acknowledgement came."""

    attempted: int = 0
    acknowledged: int = 0
    received: int = 0
    lost: int = 0
    duplicated: int = 0
    unexpected: int = 0
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class DrillResult:
    """Seconds count from the fault (`history.takeover`): lock until the lock was had, recovery from there
    until the store was recovered, connectors from there until the first connector was open; None where
    not seen. client: stomp or jms. reconnect: the longest that a connection over failover: was interrupted."""

    name: str
    group: str
    verdict: Outcome
    because: str
    claim: str = ""
    takeover_seconds: float | None = None
    lock_seconds: float | None = None
    recovery_seconds: float | None = None
    connectors_seconds: float | None = None
    messages: Messages = Messages()
    history: str | None = None  # path
    verdicts: tuple[Verdict, ...] = ()
    client: str = "stomp"
    reconnect_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """facts: what the runs stood on, group -> words (version, store, locker, file system).

    caveats: sentences about what the run does not show. started: UTC, ISO 8601. folder: path.
    """

    cluster: str
    profile: str
    drills: tuple[DrillResult, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    started: str = ""
    folder: str | None = None

    @property
    def verdict(self) -> Outcome:
        seen = {d.verdict for d in self.drills}
        order: tuple[Outcome, ...] = ("invalid", "unknown", "valid")
        return next((outcome for outcome in order if outcome in seen), "skipped")
