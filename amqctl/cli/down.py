"""amqctl down"""

from __future__ import annotations

import click

from amqctl.cli import console, session
from amqctl.cluster.intent import Intent, plan_of
from amqctl.errors import AmqctlError, BadUsage
from amqctl.events import Event
from amqctl.provision import secrets
from amqctl.runtimes import World, list_clusters, open_runtime
from amqctl.runtimes.seam import Runtime


@click.command("down")
@click.argument("name", required=False)
@click.option("--volumes", is_flag=True, help="Delete the stores with all their messages, and the passwords.")
@click.option("--all", "everything", is_flag=True, help="Every cluster on this machine.")
def command(name: str | None, volumes: bool, everything: bool) -> None:
    """Stop the brokers of NAME (a cluster, or the only one) and remove them; data is kept unless --volumes."""
    with console.Progress() as tell:
        here = session.world(tell)
        known = [n for n, _ in list_clusters(here)]
        for chosen in known if everything else [_chosen(name, known)]:
            with session.locked(chosen, here):
                take_down(chosen, open_runtime("auto", chosen, here), here, volumes=volumes)


def _chosen(name: str | None, known: list[str]) -> str:
    if name is None:
        if len(known) == 1:
            return known[0]
        raise BadUsage("no cluster" if not known else "several clusters", hint="known: " + (", ".join(known) or "none"))
    if name not in known:
        raise BadUsage(f"no cluster {name}", hint="known: " + (", ".join(known) or "none"))
    return name


def take_down(name: str, runtime: Runtime, here: World, *, volumes: bool) -> None:
    stores = "its stores are deleted with all their messages" if volumes else "its stores are kept"
    try:
        state = runtime.observe()
        here.tell(Event(name, "start", f"stopping {len(state.nodes)} nodes; {stores}"))
        if state.intent is not None:
            plan = plan_of(Intent.parse(state.intent), runtime.place)
            session.cluster_of(plan, runtime, session.load_secrets(plan, here), here.tell).down(volumes=volumes)
        else:
            runtime.destroy(volumes=volumes)
    except (AmqctlError, OSError, ValueError, TypeError) as exc:
        # an intent that cannot be read any more must not keep anyone from cleaning up
        here.tell(Event(name, "warn", f"{exc}; removing it without a graceful stop"))
        runtime.destroy(volumes=volumes)
    if volumes:
        secrets.forget(session.secrets_path(name, here))
    kept = "" if volumes else "; data kept, amqctl up brings it back, amqctl down --volumes deletes it"
    here.tell(Event(name, "done", f"down{kept}"))
