"""Takeover in kill-master, profile lab beside stock, on the same machine in the same run.

    python bench/takeover.py [--runs 10] [--version 5.18.3]

Each run kills the master of both groups of ms-plus-cluster under load, so there are twice as many
takeovers as runs. Prints min / median / max in seconds, the parts, and every verdict that was not valid.
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

from amqctl.provision.sources import from_env

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--version", default="6.1.7")
    options = parser.parse_args()
    text = (REPOSITORY / "topologies/ms-plus-cluster.yaml").read_text()
    text = text.replace("activemq: 6.1.7", f"activemq: {options.version}").replace("{offset: 0}", "{offset: 2600}")
    for profile, runs in (("lab", options.runs), ("stock", max(1, options.runs // 2))):
        with tempfile.TemporaryDirectory() as scratch:
            drills = measure(Path(scratch).resolve(), text.replace("profile: lab", f"profile: {profile}"), runs)
        report(profile, drills)


def measure(root: Path, text: str, runs: int) -> list[dict]:
    file = root / "topology.yaml"
    file.write_text(text)
    env = {**os.environ, "AMQCTL_HOME": str(root / "home"), "AMQCTL_CACHE": str(from_env(os.environ).cache)}

    def amqctl(*words: str) -> str:
        line = [sys.executable, "-m", "amqctl", *words]
        return subprocess.run(line, env=env, cwd=root, capture_output=True, text=True).stdout

    try:
        amqctl("up", str(file))
        found = json.loads(amqctl("failover-test", "--drill", "kill-master", "--repeat", str(runs), "-o", "json"))
        for drill in found["drills"]:  # the parts stand in the histories
            again = json.loads(amqctl("recheck", drill["history"], "-o", "json"))
            assert again["drills"][0]["verdict"] == drill["verdict"]
        return found["drills"]
    finally:
        amqctl("down", "--volumes")


def report(profile: str, drills: list[dict]) -> None:
    def row(name: str, key: str) -> str:
        seconds = [d[key] for d in drills if d[key] is not None]
        if not seconds:
            return f"  {name:10s} not seen"
        return f"  {name:10s} {min(seconds):5.2f} / {statistics.median(seconds):5.2f} / {max(seconds):5.2f}"

    valid = sum(d["verdict"] == "valid" for d in drills)
    counts = [d["messages"] for d in drills]
    print(f"\n{profile}: {len(drills)} kills, {valid} valid, seconds (min / median / max)")
    print(row("takeover", "takeover_seconds"))
    print(row("lock", "lock_seconds"))
    print(
        f"  messages   {sum(c['acknowledged'] for c in counts)} acknowledged, {sum(c['lost'] for c in counts)} lost, "
        f"{sum(c['duplicated'] for c in counts)} duplicated"
    )
    for drill in drills:
        if drill["verdict"] != "valid":
            print(f"  {drill['group']}: {drill['verdict']}: {drill['because']}")


if __name__ == "__main__":
    main()
