"""A Report as JSON: the contract of `failover-test -o json`, and the fuller report.json of a run folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from amqctl.drills.results import DrillResult, Report


def contract(report: Report) -> dict[str, Any]:
    """Exactly the documented keys; scripts rely on them."""
    return {
        "verdict": report.verdict,
        "profile": report.profile,
        "drills": [_drill(d) for d in report.drills],
    }


def full(report: Report) -> dict[str, Any]:
    """The contract's keys, and all else that is known: for report.json."""
    out = contract(report)
    for brief, drill in zip(out["drills"], report.drills, strict=True):
        brief |= {
            "claim": drill.claim,
            "recovery_seconds": drill.recovery_seconds,
            "connectors_seconds": drill.connectors_seconds,
            "verdicts": [asdict(v) for v in drill.verdicts],
        }
    return out | {
        "cluster": report.cluster,
        "started": report.started,
        "stands_on": dict(report.facts),
        "caveats": list(report.caveats),
    }


def dumps(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _drill(drill: DrillResult) -> dict[str, Any]:
    return {
        "name": drill.name,
        "group": drill.group,
        "verdict": drill.verdict,
        "because": drill.because,
        "takeover_seconds": drill.takeover_seconds,
        "lock_seconds": drill.lock_seconds,
        "messages": asdict(drill.messages),
        "history": drill.history,
        "client": drill.client,
        "reconnect_seconds": drill.reconnect_seconds,
    }
