"""Many brokers as ring, hub and mesh on the local runtime: seconds of up, memory a broker, and who is reached.

    python bench/scale.py [--count 20] [--heap 64m] [ring hub mesh]

One after the other; each is brought up, asked by the drill `reach`, and taken down again with what it stored.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from amqctl.provision.sources import from_env

REPOSITORY = Path(__file__).resolve().parent.parent
TOPOLOGY = REPOSITORY / "examples" / "twenty-brokers" / "topology.py"
MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", default=["ring", "hub", "mesh"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--heap", default="64m")
    parser.add_argument("--timeout", default="300")
    options = parser.parse_args()
    print("shape  links   up s  peak load  RSS MiB a broker (min / median / max)  status s  reach s  down s  reach")
    for shape in options.shapes:
        with tempfile.TemporaryDirectory() as scratch:
            measure(shape, options, Path(scratch).resolve())


def measure(shape: str, options: argparse.Namespace, root: Path) -> None:
    words = [sys.executable, str(TOPOLOGY), shape, "--count", str(options.count), "--heap", options.heap]
    file = root / "topology.yaml"
    file.write_text(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    env = {**os.environ, "AMQCTL_HOME": str(root / "home"), "AMQCTL_CACHE": str(from_env(os.environ).cache)}

    def amqctl(*line: str) -> tuple[float, str]:
        begun = time.monotonic()
        whole = [sys.executable, "-m", "amqctl", *line]
        done = subprocess.run(whole, env=env, cwd=root, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            sys.stderr.write(done.stderr)
        return time.monotonic() - begun, done.stdout

    try:
        up, _ = amqctl("up", str(file), "--runtime", "local", "--timeout", options.timeout)
        load = os.getloadavg()[0]
        looking, status = amqctl("status", "-o", "json")
        links = json.loads(status)["links"]
        sizes = [size / MIB for size in resident(root)]
        drilling, found = amqctl("failover-test", "--drill", "reach", "--timeout", options.timeout, "-o", "json")
        (drill,) = json.loads(found)["drills"]
    finally:
        down, _ = amqctl("down", "--volumes")
    print(
        f"{shape:5s}  {sum(k['up'] is True for k in links)} of {len(links)}  {up:5.1f}  {load:4.1f}  "
        f"{min(sizes):.0f} / {statistics.median(sizes):.0f} / {max(sizes):.0f} of {len(sizes)}  "
        f"{looking:.1f}  {drilling:.1f}  {down:.1f}  {drill['verdict']}: {drill['because']}",
        flush=True,
    )  # fmt: skip


def resident(root: Path) -> list[int]:
    """Bytes, of each JVM that runs from below `root`."""
    sizes = []
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        line = process.info["cmdline"] or []
        if line and Path(line[0]).name == "java" and str(root) in " ".join(line):
            sizes.append(process.info["memory_info"].rss)
    return sizes


if __name__ == "__main__":
    main()
