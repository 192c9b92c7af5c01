"""Where a run is kept.

runs/
  latest -> the newest run
  20260701T120000Z-CLUSTER/
    report.json            what `failover-test -o json` says, with every verdict and the caveats
    rendered/NODE/…        the configuration files, secrets removed
    DRILL-GROUP/
      history.jsonl        one operation a line; `amqctl recheck` judges it again
      logs/NODE.log        each line with its time in seconds since the epoch
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from amqctl.drills import history as h
from amqctl.drills.model import History
from amqctl.runtimes.seam import LogLine


class RunFolder:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls, runs: Path, cluster: str, *, now: datetime | None = None, rendered: Mapping[str, str] | None = None
    ) -> RunFolder:
        """rendered: path below rendered/ -> text, secrets removed by the caller."""
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        name = f"{stamp}-{_safe(cluster)}"
        for number in range(1, 1000):  # two runs in one second
            path = runs / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                continue
        folder = cls(path)
        for where, text in (rendered or {}).items():
            folder.write(f"rendered/{where}", text)
        _point(runs / "latest", path.name)
        return folder

    def drill(self, name: str, label: str) -> RunFolder:
        path = self.path / f"{name}-{_safe(label)}"
        path.mkdir(parents=True, exist_ok=True)
        return RunFolder(path)

    def write(self, where: str, text: str) -> Path:
        """Whole or not at all: a run may be interrupted here too."""
        path = self.path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
        return path

    def save_history(self, history: History) -> Path:
        return self.write("history.jsonl", h.dump(history))

    def save_log(self, node: str, lines: Iterable[LogLine]) -> Path:
        return self.write(f"logs/{_safe(node)}.log", "".join(f"{line.at:.3f} {line.text}\n" for line in lines))


def _safe(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-.") or "run"


def _point(link: Path, to: str) -> None:
    """Replace the symlink in one step; where the file system has none, go without."""
    part = link.with_name(f".latest-{os.getpid()}")
    try:
        part.unlink(missing_ok=True)
        part.symlink_to(to)
        part.replace(link)
    except OSError:
        part.unlink(missing_ok=True)
