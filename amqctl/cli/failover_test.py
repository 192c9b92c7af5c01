"""amqctl failover-test"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from amqctl import report
from amqctl.activemq.versions import caps, release
from amqctl.cli import console, session, topologies
from amqctl.cli.bringup import bring_up
from amqctl.cli.seconds import Seconds
from amqctl.cli.session import Opened
from amqctl.cli.takedown import take_down
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.intent import Intent, settled_of
from amqctl.cluster.queues import at_masters
from amqctl.drills import runner
from amqctl.drills.catalogue import CATALOGUE
from amqctl.drills.engine import by_command
from amqctl.drills.folder import RunFolder
from amqctl.drills.live import LiveTarget
from amqctl.drills.model import Drill
from amqctl.drills.results import DrillResult, Report
from amqctl.drills.stage import PREFIX, Options
from amqctl.drills.target import Facts
from amqctl.errors import BadUsage
from amqctl.events import Event, Tell
from amqctl.interrupt import held
from amqctl.plan.render import render
from amqctl.runtimes import World, existing, list_clusters, open_runtime
from amqctl.runtimes.seam import Runtime

DEFAULT = "ms-plus-cluster"


@click.command("failover-test")
@click.argument("target", metavar="[FILE|NAME]", required=False)
@click.option("--drill", "drills", multiple=True, metavar="NAME", help="Which drills; default: all that can be run.")
@click.option("--backlog", type=click.IntRange(0, 1_000_000), default=0, help="Messages stored before the load.")
@click.option("--repeat", type=click.IntRange(1, 1000), default=1, help="Run each drill so many times.")
@click.option("--non-persistent", is_flag=True, help="Send non-persistent messages: a drill that must fail.")
@click.option("--engine-restart-command", metavar="CMD", help="What restarts the container engine, for engine-restart.")
@click.option("--to", "version", metavar="VERSION", help="Which version rolling-upgrade moves the cluster to.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a JUnit XML report.")
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), default=Path("runs"), show_default=True,
              help="Where run folders go.")  # fmt: skip
@click.option("--client", type=click.Choice(["stomp", "jms"]), default="stomp", show_default=True,
              help="Who drills; jms: ActiveMQ's own Java client, the load over failover:.")  # fmt: skip
@click.option("--transacted", type=click.IntRange(1, 10_000), metavar="N", help="A commit for every N sends (jms).")
@session.runtime_option
@session.base_image_option
@click.option("--offline", is_flag=True, help="As for `up`, where a cluster is brought up for the test.")
@click.option("--yes", is_flag=True, help="Hurt a cluster that is in use without asking.")
@click.option("--keep", is_flag=True, help="Leave a cluster up that was brought up for the test.")
@click.option("--timeout", type=Seconds(1), default=120.0, show_default=True, help="Seconds until ready.")
@session.output_option
def command(
    target: str | None, drills: tuple[str, ...], backlog: int, repeat: int, non_persistent: bool,
    engine_restart_command: str | None, version: str | None, junit: Path | None, runs: Path, client: str,
    transacted: int | None, runtime: str, base_image: str | None, offline: bool, yes: bool, keep: bool,
    timeout: float, output: str,
) -> int:  # fmt: skip
    """Kill masters under load, watch the takeover, and account for every message.

    FILE|NAME is a topology file or a cluster that is up; without it the one that is up is taken, or
    ms-plus-cluster is brought up for the test and taken down after.
    """
    _check(drills)
    if transacted and client != "jms":
        raise BadUsage("--transacted is for the Java client", hint="add --client jms")
    engine = by_command(engine_restart_command) if engine_restart_command is not None else None
    if junit and not junit.resolve().parent.is_dir():  # said before the run, not after it
        raise BadUsage(f"--junit {junit}: {junit.resolve().parent} is no directory")
    with console.Progress(quiet=output == "json") as tell:
        here = session.world(tell, base_image, offline=offline or None)
        with _subject(target, here, runtime, keep=keep, yes=yes, within=timeout) as opened:
            options = Options(
                backlog=backlog, persistent=not non_persistent, ready_within=timeout, transacted=transacted or 0
            )
            against = LiveTarget(opened.cluster, engine, client, _roll(opened, here, version, timeout))
            chosen = drills or _default(against, engine is not None)
            names = [d for d in chosen for _ in range(repeat)]
            with _client(client, opened, here) as by:
                done = _drill(opened, against, names, runs, options, tell, by)
    if junit:
        junit.write_text(report.junit(done), encoding="utf-8")
    if output == "json":
        console.json(report.contract(done))
    else:
        console.out("\n" + report.text(done, console.width()))
    return report.exit_code(done)


@contextmanager
def _client(name: str, opened: Opened, here: World) -> Iterator[Mapping[str, Any]]:
    """How drills connect and load, as `runner.run` takes it. The Java client is the newest that the cluster has."""
    if name == "stomp":
        yield {}
        return
    from amqctl.cluster.jms import JavaClients
    from amqctl.drills.jmsload import loading, streaming
    from amqctl.provision import javaclient

    version = max((n.broker.version for n in opened.plan.nodes), key=release)
    found = javaclient.obtain(version, here.sources, here.tell)
    clients = JavaClients(found.command)
    try:
        yield {"connect": clients.connect, "load": loading(clients), "streaming": streaming(clients)}
    finally:
        clients.close()


def _roll(
    opened: Opened, here: World, version: str | None, within: float
) -> tuple[str, Callable[[str], Cluster]] | None:
    """What moves a group to `version`. All that is needed for it is had before the first drill begins."""
    if version is None:
        return None
    from amqctl.cli.upgrading import Upgrading

    Upgrading(opened, here, version, (), within).prepare()

    def move(group: str) -> Cluster:
        moving = Upgrading(opened, here, version, (group,), within)
        moving.go()
        return moving.stand.cluster

    return version, move


def _check(names: tuple[str, ...]) -> None:
    unknown = [n for n in names if n not in CATALOGUE]
    if unknown:
        raise BadUsage(f"no drill {', '.join(unknown)}", hint="known: " + ", ".join(CATALOGUE))


def _default(target: LiveTarget, engine: bool) -> list[str]:
    """The usual drills, but those that need what this cluster cannot do. engine: who gave a command to restart it
    is told why that drill was skipped."""
    facts = Facts(tuple(target.groups()), tuple(target.links()), target.lacks())

    def able(drill: Drill) -> bool:
        return drill.ability not in facts.lacks or (engine and drill.ability == "restart-engine")

    if target.upgrade_to:  # who names a version means this drill
        return ["rolling-upgrade"]

    return [name for name, drill in CATALOGUE.items() if able(drill) and drill.usual(facts)]


def _drill(
    opened: Opened, target: LiveTarget, names: list[str], runs: Path, options: Options, tell: Tell,
    by: Mapping[str, Any],
) -> Report:  # fmt: skip
    started = datetime.now(UTC)
    folder = RunFolder.create(runs, target.name, now=started, rendered=_rendered(opened))
    results: list[DrillResult] = []

    def build() -> Report:
        return report.build(
            target.name, target.profile, target.groups(), results,
            started=started.strftime("%Y-%m-%dT%H:%M:%SZ"), folder=str(folder.path),
        )  # fmt: skip

    for number, name in enumerate(names):
        part = folder_of(folder, names, number)
        results += runner.run(CATALOGUE[name], target, part, tell, options, **by)
        folder.write("report.json", report.dumps(report.full(build())))
    return build()


def folder_of(folder: RunFolder, names: list[str], number: int) -> RunFolder:
    """A drill that is repeated has a folder for each time."""
    if names.count(names[number]) == 1:
        return folder
    part = folder.path / f"{names[: number + 1].count(names[number]):03d}"
    part.mkdir(exist_ok=True)  # where another drill that is repeated too may have been
    return RunFolder(part)


def _rendered(opened: Opened) -> dict[str, str]:
    hidden = dict.fromkeys(opened.passwords, "(removed)")
    files = render(opened.plan, hidden, caps)
    return {f"{node}/{name}": text for node, texts in files.items() for name, text in texts.items()}


@contextmanager
def _subject(
    target: str | None, here: World, runtime: str, *, keep: bool, yes: bool, within: float
) -> Iterator[Opened]:
    """The cluster to hurt: one that is up, else one brought up for this and taken down after."""
    up = _up(here, target)
    if target is None and len(up) > 1:
        raise BadUsage("several clusters are up", hint="name one of: " + ", ".join(up))
    name = target if target in up else up[0] if target is None and up else None
    if name is None:
        intent = topologies.read(target or DEFAULT)
        named = settled_of(intent).name
        if named in up:
            _refuse_another(named, intent, here)
            name = named
    if name is not None:
        with session.held(name, here) as opened:
            if not yes:
                _refuse_in_use(opened)
            yield opened
        return
    had_data = named in [n for n, _ in list_clusters(here)]
    left = f"{named}, which was brought up for the test, is " + ("kept; amqctl down ends it" if keep else "down again")
    try:
        bring_up(intent, runtime, here, dry_run=False, any_master=False, within=within)
        with session.held(named, here) as opened:
            yield opened
    except KeyboardInterrupt as exc:
        raise KeyboardInterrupt(left) from exc
    finally:
        # also what came up only in part, or was interrupted; an interrupt that comes now must not leave it half down
        with held(left):
            if not keep:
                _end(named, here, volumes=not had_data)


def _end(name: str, here: World, *, volumes: bool) -> None:
    if name in [n for n, _ in list_clusters(here)]:
        with session.locked(name, here):
            here.tell(Event(name, "progress", "it was brought up for the test"))
            take_down(name, _there(name, here), here, volumes=volumes)


def _refuse_another(name: str, intent: Intent, here: World) -> None:
    """A cluster of that name runs; it must be the one that the file describes, or the report would lie."""
    recorded = _there(name, here).observe().intent
    if recorded is not None and Intent.parse(recorded).text != intent.text:
        raise BadUsage(f"{name} runs from another topology than this file", hint="amqctl up FILE first")


def _there(name: str, here: World) -> Runtime:
    runtime = existing(name, here)
    assert runtime is not None  # it was listed just now, and its lock is held
    return runtime


def _up(here: World, target: str | None) -> list[str]:
    """Clusters of which a broker runs. One that was stopped is brought up for the test. target None: only ours."""
    runtimes = {n: open_runtime(r, n, here) for n, r in list_clusters(here)}
    names = list(runtimes) if target else session.ours(runtimes, here)
    states = {n: runtimes[n].observe() for n in names}
    return [n for n, s in states.items() if s.intent is not None and any(k.pid for k in s.nodes.values())]


def _refuse_in_use(opened: Opened) -> None:
    """A drill kills masters: what others have on this cluster must not meet that by surprise."""
    facts, _ = at_masters(opened.plan, opened.cluster.observe(links=False).masters, opened.cluster.login)
    used = [f for f in facts if not f.queue.startswith(PREFIX) and (f.depth or f.consumers or f.producers)]
    if used:
        what = ", ".join(f"{f.queue} at {f.group} has {f.depth} messages, {f.consumers} consumers" for f in used[:3])
        raise BadUsage(f"{opened.plan.cluster} is in use: {what}", hint="--yes hurts it all the same")
