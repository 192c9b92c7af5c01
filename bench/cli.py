"""The command line itself: `--help`, `validate`, and `render` of many brokers.

    python bench/cli.py

Whole processes, minimum / median of several runs, in seconds. 1,000 brokers are written out with their
ports (unwritten STOMP and OpenWire ports would meet at broker 998).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
AMQCTL = str(Path(sys.executable).with_name("amqctl"))


def many(count: int) -> str:
    lines = ["apiVersion: amqctl/v1", "name: many", "activemq: 6.1.7", "groups:"]
    for i in range(count // 2):
        lines.append(f"  g{i}:\n    brokers:")
        for j in (0, 1):
            n = 2 * i + j
            lines.append(f"      b{n}: {{ports: {{openwire: {20000 + n}, stomp: {30000 + n}, console: {40000 + n}}}}}")
    return "\n".join(lines) + "\n"


def timed(name: str, runs: int, *words: str, env: dict[str, str]) -> None:
    took = []
    for _ in range(runs + 1):
        begun = time.monotonic()
        done = subprocess.run([AMQCTL, *words], env=env, capture_output=True, text=True)
        took.append(time.monotonic() - begun)
        assert done.returncode == 0, done.stderr
    print(f"{name:34s} {min(took[1:]):5.2f} / {statistics.median(took[1:]):5.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        from amqctl.provision.sources import from_env

        env = {**os.environ, "AMQCTL_HOME": str(root / "home"), "AMQCTL_CACHE": str(from_env(os.environ).cache)}
        timed("amqctl --help", 9, "--help", env=env)
        timed("validate ms-plus-cluster", 9, "validate", str(REPOSITORY / "topologies/ms-plus-cluster.yaml"), env=env)
        for count in (250, 500, 1000, 2000):
            file = root / f"{count}.yaml"
            file.write_text(many(count))
            timed(f"render {count} brokers", 3, "render", str(file), "-d", str(root / str(count)), env=env)


if __name__ == "__main__":
    main()
