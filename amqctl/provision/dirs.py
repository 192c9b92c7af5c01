"""Where amqctl keeps things: what can be fetched again, and what cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Dirs:
    """cache: distributions, class-data archives; may be deleted. state: clusters and their secrets."""

    cache: Path
    state: Path


def dirs(env: Mapping[str, str]) -> Dirs:
    """AMQCTL_HOME holds both where it is set; else the directories that this system has for them.

    AMQCTL_CACHE names another place for what can be fetched again, e.g. one that CI keeps. Links are
    followed: Jetty serves nothing from a web application whose path goes through one (its alias check).
    """
    home, cache = env.get("AMQCTL_HOME"), env.get("AMQCTL_CACHE")
    if home:
        base = Path(home).expanduser()
        found = Dirs(base / "cache", base / "state")
    else:
        import platformdirs

        found = Dirs(
            Path(platformdirs.user_cache_dir("amqctl", appauthor=False)),
            Path(platformdirs.user_state_dir("amqctl", appauthor=False)),
        )
    if cache:
        found = replace(found, cache=Path(cache).expanduser())
    return Dirs(found.cache.resolve(), found.state.resolve())
