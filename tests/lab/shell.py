"""Commands of the lab, and the one error that all of it raises."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import platformdirs


class LabError(Exception):
    """The lab cannot be had here; the text says why, and what was seen."""


def run(*command: str, env: Mapping[str, str] | None = None, within: float = 900) -> str:
    """What the command printed. Raises LabError with its last lines where it fails."""
    try:
        ran = subprocess.run(
            command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=within,
        )  # fmt: skip
    except FileNotFoundError as exc:
        raise LabError(f"{command[0]} is not on this machine") from exc
    except subprocess.TimeoutExpired as exc:
        raise LabError(f"{' '.join(command[:3])} did not end within {within:g} s") from exc
    if ran.returncode != 0:
        raise LabError(f"{' '.join(command[:4])} failed ({ran.returncode}): {last_lines(ran.stdout)}")
    return ran.stdout


def last_lines(text: str, count: int = 8) -> str:
    return "\n    ".join(["", *text.strip().splitlines()[-count:]])


def need_root(what: str) -> None:
    if os.geteuid() != 0:
        raise LabError(f"{what} needs root")


def home() -> Path:
    """What the lab keeps: the engine's log and pid, the base image's root file system."""
    kept = os.environ.get("AMQCTL_TEST_HOME")
    found = Path(kept) / "lab" if kept else Path(platformdirs.user_cache_dir("amqctl-lab", appauthor=False))
    found.mkdir(parents=True, exist_ok=True)
    return found.resolve()


def cache() -> Path:
    """Where amqctl's own provisioning keeps its copies; the same as the tests use where they keep one."""
    kept = os.environ.get("AMQCTL_TEST_HOME")
    return Path(kept).resolve() / "cache" if kept else home() / "cache"
