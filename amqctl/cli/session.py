"""What verbs need of this machine: directories, sources, the cluster that is meant, its lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from amqctl.cli import keys
from amqctl.cluster import servers
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Observation
from amqctl.cluster.watched import Own, Watched
from amqctl.errors import BadUsage, CannotRun, Problem
from amqctl.events import Tell, silent
from amqctl.plan.model import Plan
from amqctl.provision import scratch, secrets
from amqctl.provision.dirs import dirs
from amqctl.provision.sources import from_env
from amqctl.runtimes import World, existing, list_clusters, open_runtime
from amqctl.runtimes.seam import Runtime

F = TypeVar("F", bound=Callable[..., Any])
LOCK_PATIENCE = 180.0  # seconds that a second amqctl waits for the first


def output_option(command: F) -> F:
    option: Callable[[F], F] = click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Form of the result.",
    )
    return option(command)


def cluster_option(command: F) -> F:
    option: Callable[[F], F] = click.option(
        "-c", "--cluster", "cluster_name", metavar="NAME", help="Which cluster; may be left out while there is one."
    )
    return option(command)


def attach_option(command: F) -> F:
    """Only for verbs that write nothing."""
    option: Callable[[F], F] = click.option(
        "--attach", metavar="FILE", help="A cluster that amqctl did not start: a file with addresses and credentials."
    )
    return option(command)


def runtime_option(command: F) -> F:
    option: Callable[[F], F] = click.option(
        "--runtime", envvar="AMQCTL_RUNTIME", default="auto", show_default=True, help="auto, docker or local."
    )
    return option(command)


def base_image_option(command: F) -> F:
    option: Callable[[F], F] = click.option(
        "--base-image", metavar="IMAGE", help="What amqctl builds its images on; see docs/images.md."
    )
    return option(command)


def world(tell: Tell = silent, base: str | None = None, **overrides: Any) -> World:
    """base: the image that amqctl builds its own on. overrides: of the sources, None meaning not given."""
    env = dict(os.environ)
    places = dirs(env)
    return World(dirs=places, sources=from_env(env, **overrides), env=env, tell=tell, base=base)


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that exists, and the passwords it was made with. seen: where it has only just become ready."""

    cluster: Cluster
    runtime: Runtime
    plan: Plan
    passwords: dict[str, str]
    seen: Observation | None = None


def running(name: str | None, tell: Tell = silent, *, login: bool = True, here: World | None = None) -> Opened:
    """The named cluster, or the only one there is. Raises BadUsage when that is not clear.

    login: its passwords must be there; CannotRun where they are lost. Without, they may be empty. here: where to
    look, if not as the environment says.
    """
    here = here or world(tell)
    chosen, runtime, recorded = _found(name, here)
    try:
        plan = plan_of(Intent.parse(recorded), runtime.place)
    except (ValueError, TypeError) as exc:  # damaged, or written by another version of amqctl
        hint = "amqctl up FILE writes it anew; amqctl down removes the cluster without it"
        raise CannotRun([Problem(f"what {chosen} was asked to be cannot be read ({exc})")], hint=hint) from exc
    passwords = _kept_secrets(plan, here) if login else peek_secrets(plan, here)
    return Opened(cluster_of(plan, runtime, passwords, here), runtime, plan, passwords)


@contextmanager
def held(name: str | None, here: World) -> Iterator[Opened]:
    """As running(), and nobody else changes the cluster meanwhile. What it was asked to be is read once it is held:
    whoever had it before may have asked for something else."""
    chosen, _, _ = _found(name, here)
    with locked(chosen, here):
        yield running(chosen, here.tell, here=here)


def watched(name: str | None, attach: str | None) -> Watched:
    """What there is to look at: the named cluster of ours, or one that a file says. Raises as running()."""
    if attach is None:
        return Own(running(name).cluster)
    if name is not None:
        raise BadUsage("-c and --attach name two clusters", hint="write one of them")
    from amqctl.cli.attaching import attached

    return attached(attach)


def _found(name: str | None, here: World) -> tuple[str, Runtime, str]:
    """Name, runtime and recorded intent of the cluster that is meant."""
    unseen: list[str] = []  # an engine that does not answer may have the one that is meant
    here = replace(here, tell=lambda event: unseen.append(event.text) if event.phase == "warn" else None)
    if name is not None and (runtime := existing(name, here)) and (recorded := runtime.observe().intent) is not None:
        return name, runtime, recorded
    runtimes = {n: open_runtime(r, n, here) for n, r in list_clusters(here)}
    up = {n: (n, r, i) for n, r in runtimes.items() if (i := r.observe().intent) is not None}
    known = "; ".join([*(["known: " + ", ".join(up)] if up else []), *dict.fromkeys(unseen)])
    if name is not None:
        raise BadUsage(f"no cluster {name}", hint=known or "amqctl ls")
    mine = ours(runtimes, here)
    meant = [n for n in up if n in mine]
    if len(meant) > 1:
        raise BadUsage("several clusters are up", hint="write -c NAME, one of: " + ", ".join(up))
    if not meant:
        raise BadUsage("no cluster is up", hint=known or "amqctl up FILE brings one up")
    return up[meant[0]]


def ours(runtimes: Mapping[str, Runtime], here: World) -> list[str]:
    """Those that were brought up from here. An engine may have others: their passwords are somewhere else."""
    return [n for n, r in runtimes.items() if r.name == "local" or secrets_path(n, here).exists()]


def cluster_of(plan: Plan, runtime: Runtime, passwords: dict[str, str], here: World) -> Cluster:
    admin = plan.settled.admin_user
    access = servers.Access(passwords, lambda: _ij(plan, here))
    login = Login(admin, passwords[admin], keys.trust(plan, here))
    return Cluster(plan, runtime, login, here.tell, access)


def _ij(plan: Plan, here: World) -> tuple[str, ...]:
    """Derby's own SQL shell, on a Java of this machine: no client of Derby's is written in Python."""
    from amqctl.activemq.companions import derby
    from amqctl.provision import companions, jre

    java = jre.find(derby.JAVA_MIN, plan.settled.java, here.tell).java
    jars = companions.obtain_jars(derby.CLIENT_JARS, here.sources, here.tell)
    return derby.ij_command(str(java), tuple(map(str, jars)))


def secrets_path(name: str, here: World) -> Path:
    return here.dirs.state / "secrets" / f"{name}.json"


def _kept_secrets(plan: Plan, here: World) -> dict[str, str]:
    return dict(secrets.load(secrets_path(plan.cluster, here), plan.settled.secrets, here.env))


def load_secrets(plan: Plan, here: World) -> dict[str, str]:
    return dict(secrets.load_or_create(secrets_path(plan.cluster, here), plan.settled.secrets, here.env))


def peek_secrets(plan: Plan, here: World) -> dict[str, str]:
    return dict(secrets.peek(secrets_path(plan.cluster, here), plan.settled.secrets, here.env))


@contextmanager
def locked(name: str, here: World) -> Iterator[None]:
    """One amqctl at a time changes a cluster. A second waits for the first; a dead one's lock is no lock."""
    locks = here.dirs.state / "locks"
    locks.mkdir(parents=True, exist_ok=True, mode=0o700)
    with scratch.locked(locks / f"{name}.lock", name, here.tell, LOCK_PATIENCE):
        yield
