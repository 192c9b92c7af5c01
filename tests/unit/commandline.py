"""What tests of the command line need beside its fixtures, which are in conftest."""

from __future__ import annotations

import json
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAIR = (REPOSITORY / "topologies" / "pair.yaml").read_text()
MAIN = (REPOSITORY / "topologies" / "ms-plus-cluster.yaml").read_text()


def keep_passwords(home: Path, cluster: str) -> None:
    """As `up` does."""
    path = home / "state" / "secrets" / f"{cluster}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({name: f"a-long-password-of-{name}" for name in ("admin", "app", "bridge")}))


def files_below(path: Path) -> list[str]:
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*"))
