"""amqctl versions"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from amqctl.activemq import distribution
from amqctl.activemq.versions import LAST, TRIED, Release, caps, release
from amqctl.cli import console, session
from amqctl.errors import BadUsage
from amqctl.provision import dist
from amqctl.provision.sources import Sources

NAMES = 3  # vulnerabilities named in a line of the table


@click.command("versions")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@session.output_option
def command(versions: tuple[str, ...], output: str) -> None:
    """List versions of ActiveMQ, or tell of those named.

    Without a name: those that amqctl was seen to run, the last release of each line, and what is in the cache.
    Asks no network: whether Maven Central has a copy is found out by `up`.
    """
    sources = session.world().sources
    _all_known(versions)
    rows = [_row(version, sources) for version in versions or _known(sources)]
    if output == "json":
        console.json({"versions": rows})
        return
    headers = ["VERSION", "TRIED", "JAVA", "WEB", "STORES", "CACHED", "SOURCE", "KNOWN VULNERABILITIES"]
    console.table(headers, [_cells(row) for row in rows])


def _all_known(versions: Sequence[str]) -> None:
    """Raises BadUsage with all that amqctl does not run."""
    wrong = []
    for version in versions:
        try:
            caps(version)
        except BadUsage as exc:
            wrong.append(exc)
    if wrong:
        hints = dict.fromkeys(exc.hint for exc in wrong)
        raise BadUsage("; ".join(exc.message for exc in wrong), hint="; ".join(hints))


def _known(sources: Sources) -> list[str]:
    return sorted({*TRIED, *LAST, *dist.in_cache(sources)}, key=_order)


def _order(version: str) -> Release:
    return release(version)


def _row(version: str, sources: Sources) -> dict[str, Any]:
    """Raises BadUsage for a version that amqctl does not run."""
    known = caps(version)
    kept = dist.kept(version, sources)
    kinds = [recipe.kind for recipe in distribution.recipes(version)]
    return {
        "version": version,
        "tried": version in TRIED,
        "untried": known.untried,
        "java_min": known.java_min,
        "web_family": known.web_family,
        "jetty": known.web.jetty,
        "stores": ["kahadb", "jdbc", *(["leveldb"] if known.leveldb else [])],
        "kahadb_index": known.kahadb,
        "cached": kept is not None,
        "source": kept.kind if kept else None,
        "sources": kinds,
        "vulnerabilities": [asdict(hole) for hole in known.vulnerabilities],
    }


def _cells(row: dict[str, Any]) -> list[str]:
    holes = [hole["id"] for hole in row["vulnerabilities"]]
    named = ", ".join(holes[:NAMES]) + (f" and {len(holes) - NAMES} more" if len(holes) > NAMES else "")
    return [
        row["version"],
        "yes" if row["tried"] else "–",
        f"{row['java_min']}+",
        f"{row['web_family']} (Jetty {row['jetty']})",
        ", ".join(row["stores"]),
        "yes" if row["cached"] else "–",
        row["source"] or ", else ".join(row["sources"]),
        named or "none known",
    ]
