"""`python -m tests.lab PART`: bring up what the Docker tests need, and say what was done."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from docker.errors import DockerException

from amqctl.errors import AmqctlError
from tests.lab import base, engine, leftovers, official
from tests.lab.forwarder import engine_over_tcp
from tests.lab.mounts import in_other_mounts
from tests.lab.private import private_engine
from tests.lab.shell import LabError, home

Part = tuple[str, Callable[[], str]]


def main() -> int:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever is told to end cleans up first
    name = options.part
    try:
        if options.part == "apart":
            return _apart(options.command, Path(options.hide))
        if options.part == "alone":
            return _alone(options.command)
        for name, part in _parts(options):
            began = time.monotonic()
            done = part()
            print(f"lab {name}: {done} ({time.monotonic() - began:.1f} s)", flush=True)
    except (LabError, AmqctlError, DockerException, OSError) as exc:
        print(f"lab {name}: {exc}", file=sys.stderr)
        return 1
    return 0


def _parts(options: argparse.Namespace) -> list[Part]:
    single: dict[str, Part] = {
        "engine": ("engine", engine.ensure),
        "stop": ("stop", engine.stop),
        "restart-engine": ("restart-engine", engine.restart),
        "base": ("base", base.ensure),
        "note": ("note", leftovers.note),
        "left": ("left", leftovers.check),
    }
    if options.part in single:
        return [single[options.part]]
    versions = official.VERSIONS if options.part == "all" else [options.version]
    images: list[Part] = [(f"official {v}", lambda v=v: official.ensure(v)) for v in versions]  # type: ignore[misc]
    return [single["engine"], single["note"], single["base"], *images] if options.part == "all" else images


def _apart(command: list[str], hide: Path) -> int:
    """Run a command as a client elsewhere would: the engine through TCP, its own files in no engine's sight.

    The caches stay, at a place that is empty to the engine.
    """
    if not os.environ.get("AMQCTL_TEST_HOME"):
        raise LabError("AMQCTL_TEST_HOME is to name the caches that the command may use")
    hide.mkdir(parents=True, exist_ok=True)
    shown = hide / "amqctl-test-home"
    line = in_other_mounts(command, hidden=[hide], shown={shown: home().parent})
    with engine_over_tcp() as url:
        env = {**os.environ, "DOCKER_HOST": url, "AMQCTL_TEST_HOME": str(shown), "TMPDIR": str(hide)}
        return subprocess.run(line, env=env).returncode


def _alone(command: list[str]) -> int:
    """Run a command with an engine that nobody else has: clusters of other people's are on another one."""
    with private_engine("6g") as own, own.client() as client:
        base.ensure(client)
        for version in official.VERSIONS:
            official.ensure(version, client)
        return subprocess.run(command, env={**os.environ, "DOCKER_HOST": own.url}).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    parts.add_parser("all", help="engine, base, and official for both versions that the tests use")
    parts.add_parser("engine", help="an engine that answers; installed and started where there is none")
    parts.add_parser("stop", help="end the engine, if the lab started it")
    parts.add_parser("restart-engine", help="the same, and start it again")
    parts.add_parser("base", help="the base image with a JRE 17")
    parts.add_parser("left", help="fails if there is more on the engine than when `all` ran first")
    version = parts.add_parser("official", help="an image laid out as apache/activemq-classic")
    version.add_argument("version")
    alone = parts.add_parser("alone", help="run COMMAND with an engine of its own, for whoever has clusters here")
    alone.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    apart = parts.add_parser("apart", help="run COMMAND as a client on another machine would: TCP, no common files")
    apart.add_argument("--hide", required=True, help="the directory below which COMMAND's own files lie")
    apart.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    return parser


if __name__ == "__main__":
    sys.exit(main())
