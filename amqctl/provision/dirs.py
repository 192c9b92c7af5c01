"""Where amqctl keeps things: what can be fetched again, and what cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Dirs:
    """cache: distributions, class-data archives; may be deleted. state: clusters and their secrets."""

    cache: Path
    state: Path


def dirs(env: Mapping[str, str]) -> Dirs:
    """AMQCTL_HOME holds both where it is set; else the directories that this system has for them."""
    home = env.get("AMQCTL_HOME")
    if home:
        base = Path(home).expanduser().absolute()
        return Dirs(base / "cache", base / "state")
    import platformdirs

    return Dirs(
        Path(platformdirs.user_cache_dir("amqctl", appauthor=False)),
        Path(platformdirs.user_state_dir("amqctl", appauthor=False)),
    )
