"""How long a link is without messages after a takeover at its far end: bridge-peer-failover, profile by profile.

    python bench/bridge.py [--runs 5] [--stock 2] [--runtime local] [--version 6.1.7]

Each run kills the master at both ends of ms-plus-cluster's duplex link, one after the other, so there are twice as
many takeovers as runs: first in profile lab, then, with ActiveMQ's own values, in stock. `crossing`: from the next
master's first acknowledgement to the first message there that was sent at the near end after that. Prints
min / median / max in seconds, and every verdict that was not valid.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from amqctl.provision.sources import from_env

REPOSITORY = Path(__file__).resolve().parent.parent
DRILL = "bridge-peer-failover"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="in profile lab")
    parser.add_argument("--stock", type=int, default=2, help="in profile stock")
    parser.add_argument("--runtime", choices=("local", "docker"), default="local")
    parser.add_argument("--version", default="6.1.7")
    options = parser.parse_args()
    text = (REPOSITORY / "topologies/ms-plus-cluster.yaml").read_text()
    text = text.replace("activemq: 6.1.7", f"activemq: {options.version}").replace("{offset: 0}", "{offset: 1000}")
    with tempfile.TemporaryDirectory() as scratch:
        for profile, runs in (("lab", options.runs), ("stock", options.stock)):
            root = Path(scratch).resolve() / profile
            root.mkdir()
            report(profile, measure(root, text.replace("profile: lab", f"profile: {profile}"), options.runtime, runs))


def measure(root: Path, text: str, runtime: str, runs: int) -> list[dict[str, Any]]:
    file = root / "topology.yaml"
    file.write_text(text)
    env = {**os.environ, "AMQCTL_HOME": str(root / "home"), "AMQCTL_CACHE": str(from_env(os.environ).cache)}

    def amqctl(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "amqctl", *words], env=env, cwd=root, capture_output=True, text=True)

    drills: list[dict[str, Any]] = []
    try:
        amqctl("up", str(file), "--runtime", runtime)
        for _ in range(runs):
            amqctl("failover-test", "--drill", DRILL, "-o", "json")
            drills += json.loads((root / "runs/latest/report.json").read_text())["drills"]
    except KeyboardInterrupt:
        print(f"interrupted after {len(drills)} takeovers", file=sys.stderr)
    finally:
        amqctl("down", "--volumes")
    return drills


def report(profile: str, drills: list[dict[str, Any]]) -> None:
    def row(name: str, seconds: list[float]) -> str:
        if not seconds:
            return f"  {name:12s} not seen"
        return f"  {name:12s} {min(seconds):5.2f} / {statistics.median(seconds):5.2f} / {max(seconds):5.2f}"

    valid = sum(d["verdict"] == "valid" for d in drills)
    print(f"\n{profile}: {len(drills)} takeovers, {valid} valid, seconds (min / median / max)")
    print(row("takeover", [d["takeover_seconds"] for d in drills if d["takeover_seconds"] is not None]))
    for way in dict.fromkeys(d["group"] for d in drills):
        print(row(way, crossings([d for d in drills if d["group"] == way])))
    print(row("crossing", crossings(drills)))
    counts = [d["messages"] for d in drills]
    print(f"  messages   {sum(c['acknowledged'] for c in counts)} acknowledged, {sum(c['lost'] for c in counts)} lost")
    for drill in drills:
        if drill["verdict"] != "valid":
            print(f"  {drill['group']}: {drill['verdict']}: {drill['because']}")


def crossings(drills: list[dict[str, Any]]) -> list[float]:
    found = [v["evidence"].get("crossing_seconds") for d in drills for v in d["verdicts"]]
    return [seconds for seconds in found if seconds is not None]


if __name__ == "__main__":
    main()
