"""Takeover of JDBC pairs under load, profile lab beside stock, on the same machine in the same run.

    python bench/jdbc.py jdbc-mariadb --runtime local [--runs 10] [--stock 3] [--lab]

One line a profile: kill-master, so often in a row on one cluster. min / median / max in seconds; what was not valid.
--lab takes the lab's database images on Docker (`python -m tests.lab all` makes them).
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

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.matrix import topology  # noqa: E402  of the repository, and not of an installed amqctl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", help="a file's name in topologies/")
    parser.add_argument("--runtime", default="local")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--stock", type=int, default=3)
    parser.add_argument("--lab", action="store_true")
    parser.add_argument("--port-offset", default="1200")
    options = parser.parse_args()
    for profile, runs in (("lab", options.runs), ("stock", options.stock)):
        if runs:
            report(f"{options.system} {options.runtime} {profile}", measure(options, profile, runs))


def measure(options: argparse.Namespace, profile: str, runs: int) -> list[dict]:
    text = topology(options.system, lab=options.lab and options.runtime == "docker")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{options.system}.yaml"
        file.write_text(f"{text}\nprofile: {profile}\n")

        def amqctl(*words: str) -> subprocess.CompletedProcess[str]:
            line = [sys.executable, "-m", "amqctl", *words]
            return subprocess.run(line, env=os.environ, cwd=REPOSITORY, capture_output=True, text=True)

        try:
            up = amqctl("up", str(file), "--runtime", options.runtime, "--port-offset", options.port_offset)
            if up.returncode:
                sys.exit(up.stderr)
            where = ["--runs", f"{scratch}/runs", "-o", "json"]
            done = amqctl("failover-test", options.system, "--drill", "kill-master", "--repeat", str(runs), *where)
            return json.loads(done.stdout)["drills"]
        finally:
            amqctl("down", options.system, "--volumes")


def report(title: str, drills: list[dict]) -> None:
    def row(key: str) -> str:
        seconds = [d[key] for d in drills if d[key] is not None]
        return f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f}" if seconds else "not seen"

    counts = [d["messages"] for d in drills]
    valid = sum(d["verdict"] == "valid" for d in drills)
    print(
        f"{title}: {len(drills)} kills, {valid} valid, takeover {row('takeover_seconds')}, "
        f"lock {row('lock_seconds')}, {sum(c['acknowledged'] for c in counts):,} acknowledged, "
        f"{sum(c['lost'] for c in counts)} lost, {sum(c['duplicated'] for c in counts)} duplicated",
        flush=True,
    )
    for drill in drills:
        if drill["verdict"] != "valid":
            print(f"  {drill['verdict']}: {drill['because']}", flush=True)


if __name__ == "__main__":
    main()
