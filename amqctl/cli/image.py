"""amqctl image build, list, prune"""

from __future__ import annotations

from dataclasses import asdict

import click

from amqctl.cli import console, session, topologies


@click.group("image")
def command() -> None:
    """Build, list and prune the container images of brokers.

    `up` builds what it needs; this is for doing it beforehand, and for tidying up.
    """


@command.command("build")
@click.argument("what", nargs=-1, required=True, metavar="FILE|VERSION...")
@click.option("--base-image", metavar="REF", help="What to build on; else AMQCTL_BASE_IMAGE, else Eclipse Temurin 17.")
@click.option("--offline", is_flag=True, help="Pull and download nothing.")
@session.output_option
def build(what: tuple[str, ...], base_image: str | None, offline: bool, output: str) -> None:
    """Make the images of these topologies or versions, and print their names.

    An image that is there already is not built again. The user's own images of a topology are pulled and
    looked into.
    """
    from amqctl.provision import image

    with console.Progress(quiet=output == "json") as tell:
        here = session.world(tell, base=base_image, offline=offline or None)
        wanted, java = _wanted(what)
        made = image.obtain(wanted, java, here.engine, here.base_image, here.sources, tell)
    if output == "json":
        rows = [
            {"ref": one.ref, "id": one.id, "version": one.version, "archive": one.archive is not None}
            for one in made.values()
        ]
        console.json({"images": rows})
        return
    for found in made.values():
        console.out(found.ref)


def _wanted(what: tuple[str, ...]) -> tuple[list[tuple[str | None, str]], str]:
    """Images and versions, and the Java that learns class lists: of the first topology that names one."""
    from amqctl.activemq.distribution import is_version
    from amqctl.activemq.versions import caps
    from amqctl.cluster.intent import settled_of

    wanted: list[tuple[str | None, str]] = []
    java = "auto"
    for word in what:
        if is_version(word):
            wanted.append((None, caps(word).version))
            continue
        settled = settled_of(topologies.read(word))
        wanted += [(broker.image, broker.version) for broker in settled.brokers]
        java = settled.java if java == "auto" else java
    return wanted, java


@command.command("list")
@session.output_option
def list_(output: str) -> None:
    """List the images that amqctl built on this engine."""
    from amqctl.provision import image

    rows = image.listing(session.world().engine)
    if output == "json":
        console.json({"images": [asdict(row) for row in rows]})
    elif rows:
        cells = [
            [r.ref, r.base, f"{r.size / 1e6:.0f} MB", f"{r.own / 1e6:.0f} MB", r.created[:16], len(r.in_use) or "no"]
            for r in rows
        ]
        console.table(["IMAGE", "BASE", "SIZE", "WITHOUT BASE", "CREATED", "IN USE"], cells)
    else:
        console.say("no images; amqctl image build builds one")


@command.command("prune")
@click.option("--all", "everything", is_flag=True, help="Every image that no container uses, the newest too.")
@session.output_option
def prune(everything: bool, output: str) -> None:
    """Remove what killed builds left, and images that a newer one of the same version and base replaced.

    An image that a container was made from, running or not, stays.
    """
    from amqctl.provision import image

    here = session.world()
    removed = image.prune(here.engine, here.sources, everything)
    freed = sum(one.size for one in removed)
    if output == "json":
        console.json({"removed": [asdict(one) for one in removed], "bytes": freed})
        return
    for one in removed:
        console.out(f"{one.what}: {one.because}")
    console.say(f"{len(removed)} removed, {freed / 1e6:.0f} MB freed")
