"""From results to a Report, and what it means for the exit code. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills.results import DrillResult, Outcome, Report
from amqctl.drills.target import GroupView

EXIT_CODES: dict[Outcome, int] = {"valid": 0, "invalid": 1, "unknown": 3, "skipped": 3}

# What no run of these drills shows, on any store.
GENERAL_CAVEATS = (
    "SIGKILL ends a process, not a machine: writes that the kernel had cached survive it, a power loss is not tested.",
)


def build(
    cluster: str, profile: str, groups: Sequence[GroupView], results: Sequence[DrillResult], *,
    started: str, folder: str | None = None,
) -> Report:  # fmt: skip
    """started: UTC, ISO 8601."""
    caveats = [*GENERAL_CAVEATS, *(c for g in groups for c in g.caveats)]
    return Report(
        cluster=cluster,
        profile=profile,
        drills=tuple(results),
        facts={g.name: stands_on(g) for g in groups},
        caveats=tuple(dict.fromkeys(caveats)),
        started=started,
        folder=folder,
    )


def stands_on(group: GroupView) -> str:
    """ "ActiveMQ 6.1.7, kahadb, shared-file-locker on ext4, budget 1 s" """
    parts = [
        f"ActiveMQ {group.version}" if group.version else "",
        group.store_kind,
        " on ".join(p for p in (group.locker, group.file_system) if p),
        f"takeover budget {group.budget_seconds:g} s",
    ]
    return ", ".join(p for p in parts if p)


def exit_code(report: Report) -> int:
    """0 all valid (some may be skipped), 1 a claim failed, 3 something unknown or all skipped."""
    return EXIT_CODES[report.verdict]
