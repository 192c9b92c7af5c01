"""kill-master with the Java client as load, so many times in a row, on a shared KahaDB and on stores in databases.

    python bench/jms_takeover.py [--runs 10] [pair jdbc-mariadb]

The names are of topologies/, as they are there, on the local runtime. Prints, for each, how many runs were valid, the
takeover (SIGKILL to the first acknowledgement of a send that was begun after it) and the time that a client over
failover: was without a connection, min / median / max in seconds, and what became of the messages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from amqctl.provision.sources import from_env

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["pair", "jdbc-mariadb"])
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    for name in options.names:
        with tempfile.TemporaryDirectory() as scratch:
            before = os.getloadavg()[0]
            drills = measure(name, Path(scratch).resolve(), options.runs)
            report(name, drills, (before, os.getloadavg()[0]))


def measure(name: str, root: Path, runs: int) -> list[dict]:
    file = root / "topology.yaml"
    text = (REPOSITORY / "topologies" / f"{name}.yaml").read_text()
    file.write_text(re.sub("(?m)^name: .*", f"name: {name}\nports: {{offset: 2700}}", text))
    env = {**os.environ, "AMQCTL_HOME": str(root / "home"), "AMQCTL_CACHE": str(from_env(os.environ).cache)}

    def amqctl(*words: str) -> str:
        line = [sys.executable, "-m", "amqctl", *words]
        done = subprocess.run(line, env=env, cwd=root, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            sys.exit(done.stderr)
        return done.stdout

    try:
        amqctl("up", str(file), "--runtime", "local")
        words = ("--drill", "kill-master", "--client", "jms", "--repeat", str(runs), "-o", "json")
        return json.loads(amqctl("failover-test", name, *words))["drills"]
    finally:
        subprocess.run([sys.executable, "-m", "amqctl", "down", name, "--volumes"], env=env, capture_output=True)


def report(name: str, drills: list[dict], load: tuple[float, float]) -> None:
    counts = [d["messages"] for d in drills]
    valid = sum(d["verdict"] == "valid" for d in drills)
    print(f"\n{name}: {len(drills)} kills in a row, {valid} valid; load {load[0]:.1f} before, {load[1]:.1f} after")
    for title, key in (("takeover", "takeover_seconds"), ("reconnect", "reconnect_seconds")):
        seconds = [d[key] for d in drills if d[key] is not None]
        shown = f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f}" if seconds else "not seen"
        print(f"  {title:10s} {shown}")
    sums = {key: sum(c[key] for c in counts) for key in ("acknowledged", "lost", "duplicated")}
    print("  messages   " + ", ".join(f"{count:,} {key}" for key, count in sums.items()), flush=True)
    for drill in drills:
        if drill["verdict"] != "valid":
            print(f"  {drill['group']}: {drill['verdict']}: {drill['because']}")


if __name__ == "__main__":
    main()
