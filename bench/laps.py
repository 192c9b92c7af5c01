"""What the benches of `up` share: the command as one side, laps in turn, the report."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from amqctl.cluster.model import Login
from amqctl.cluster.observation import missing, observe
from amqctl.plan.model import Plan
from amqctl.plan.state import NodeState, State
from amqctl.provision.sources import from_env
from amqctl.wait import NotYet


class Side(Protocol):
    def up(self) -> float: ...  # seconds
    def down(self) -> None: ...


class Amqctl:
    """The whole `amqctl up` of `file`. up, down: further words of either."""

    def __init__(self, file: Path, home: Path, *, up: Sequence[str] = (), down: Sequence[str] = ()) -> None:
        self.words = (["up", str(file), *up], ["down", *down, "--volumes"])
        self.env = {**os.environ, "AMQCTL_HOME": str(home), "AMQCTL_CACHE": str(from_env(os.environ).cache)}

    def up(self) -> float:
        begun = time.monotonic()
        self._run(self.words[0])
        return time.monotonic() - begun

    def down(self) -> None:
        self._run(self.words[1])

    def _run(self, words: Sequence[str]) -> None:
        subprocess.run([sys.executable, "-m", "amqctl", *words], env=self.env, check=True, capture_output=True)


def peer_is_up(plan: Plan, login: Login) -> None:
    """Two masters and both bridge ends; raises NotYet. A slave without a web server cannot say that it waits."""
    state = State(None, {n.name: NodeState(n.name, "running") for n in plan.nodes})
    lacking = [m for m in missing(plan, observe(plan, state, login)) if " is starting" not in m]
    if lacking:
        raise NotYet("; ".join(lacking))


def run(sides: Mapping[str, Side], laps: int) -> dict[str, list[float]]:
    """Seconds of each side, in turn; a first lap, which is not counted, warms what there is to warm."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for lap in range(laps + 1):
        for name, side in sides.items():
            try:
                took = side.up()
            finally:
                side.down()
            if lap:
                times[name].append(took)
            print(f"lap {lap} {name.strip()}: {took:.2f} s", file=sys.stderr)
    return times


def report(title: str, times: Mapping[str, list[float]]) -> None:
    """The last side is the peer."""
    peer = list(times.values())[-1]
    print(f"\n{title}, {len(peer)} laps, seconds (min / median / max), ratio lap by lap\n")
    for name, took in times.items():
        ratio = statistics.median(a / b for a, b in zip(took, peer, strict=True))
        print(f"{name:38s} {min(took):5.2f} / {statistics.median(took):5.2f} / {max(took):5.2f}   {ratio:.2f}x")
