"""Container images of brokers: built from the provisioned distribution, or the user's own as they are.

amqctl/activemq:<version>-<12 hex>   built; the hex is over all that goes into it
cache/images/<key>.lock              held while one is made or pulled
cache/images/<id>.json               what was found in an image of someone else's
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from amqctl import beside
from amqctl.activemq import containers, launch
from amqctl.activemq.versions import caps
from amqctl.errors import AmqctlError, BadUsage, CannotRun, NoEngine, NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import Plan
from amqctl.provision import dist, jre
from amqctl.provision.classes import obtain_classes
from amqctl.provision.dist import Distribution
from amqctl.provision.engine import Engine, refusals
from amqctl.provision.image import building, looking, pulling, shelf
from amqctl.provision.image.model import BASE, CHOOSE_BASE, Image, lock_path, tag
from amqctl.provision.image.shelf import Listed, Removed, listing, prune
from amqctl.provision.scratch import locked, scratch, writing
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings

__all__ = [
    "BASE", "Image", "Listed", "Removed",
    "built", "chosen_base", "existing", "images", "listing", "obtain", "prune", "unavailable",
]  # fmt: skip

# What the archive inside is laid out for. A broker with other arguments passes it over where it must.
USUAL = JvmSettings("512m", "fast-start")

Wanted = tuple[str | None, str]  # the user's own image or None, and a version


def chosen_base(option: str | None, env: Mapping[str, str]) -> str:
    """Raises BadUsage for what can name no image."""
    base = option or env.get("AMQCTL_BASE_IMAGE") or BASE
    if not containers.is_reference(base):
        raise BadUsage(f"{base!r} cannot name an image", hint=f"write it as docker does, e.g. {BASE}")
    return base


def images(plan: Plan, engine: Engine, base: str, sources: Sources, tell: Tell) -> Mapping[str, Image]:
    """An image for every node, by name. Raises NotProvisioned or CannotRun with all that is in the way."""
    wanted = _wanted(plan)
    found = obtain(wanted.values(), plan.settled.java, engine, base, sources, tell)
    return {node: found[want] for node, want in wanted.items()}


def obtain(
    wanted: Iterable[Wanted], java: str, engine: Engine, base: str, sources: Sources, tell: Tell
) -> Mapping[Wanted, Image]:
    """Different ones side by side. java: as in the topology, "auto" or a Java home of this machine."""

    def one(want: Wanted) -> Image:
        ref, version = want
        if ref is None:
            return built(version, java, engine, base, sources, tell)
        return existing(ref, version, engine, sources, tell)

    found, failed = beside.tried(one, dict.fromkeys(wanted), CannotRun)
    if failed:
        raise failed[0] if len(failed) == 1 else _all_of(failed)
    return found


def _all_of(failed: list[CannotRun]) -> CannotRun:
    engineless = next((exc for exc in failed if isinstance(exc, NoEngine)), None)
    if engineless is not None:
        return engineless
    problems = list(dict.fromkeys(problem for exc in failed for problem in exc.problems))
    whole = NotProvisioned(problems)
    whole.details = tuple(line for exc in failed for line in exc.details)
    return whole


def built(version: str, java: str, engine: Engine, base: str, sources: Sources, tell: Tell) -> Image:
    """The image of `version` on `base`: on the engine already, else built there. Raises CannotRun."""
    copy = dist.obtain(version, sources, tell)
    ref = tag(version, copy.digest, base, class_data=sources.class_data)
    facts = pulling.present(ref, engine)
    if facts is None:
        with locked(lock_path(sources.cache, ref), ref, tell):
            facts = pulling.present(ref, engine) or _built(ref, copy, java, engine, base, sources, tell)
    labels = facts["Config"]["Labels"]
    if labels.get(containers.PLAIN):
        tell(Event(ref, "warn", f"starts without a class-data archive: {labels[containers.PLAIN]}"))
    return Image(
        ref=ref,
        id=facts["Id"],
        version=version,
        home=PurePosixPath(containers.HOME),
        class_path=_inside(copy).class_path,
        java=containers.java(facts["Config"].get("Env") or ()),
        uid=containers.UID,
        gid=containers.GID,
        archive=labels.get(containers.ARCHIVED) or None,
    )


def _built(
    ref: str, copy: Distribution, java: str, engine: Engine, base: str, sources: Sources, tell: Tell
) -> Mapping[str, Any]:
    """Build it and give it its name, which is the last thing done: what has the name is whole."""
    ground = pulling.obtained(base, engine, sources, tell, CHOOSE_BASE)
    building.check_java(base, ground, caps(copy.version).java_min, engine)
    classes, plain = _classes(copy, java, sources, tell)
    tell(Event(ref, "start", f"building it on {base}"))
    try:
        made = _attempt(ref, copy, ground, base, classes, plain, engine, sources, tell)
    except building.Refused as exc:
        made = _attempt(ref, copy, ground, base, None, str(exc), engine, sources, tell)
    with refusals(f"naming {ref}"):
        name, _, label = ref.rpartition(":")
        engine.client.api.tag(made, name, label)
    shelf.sweep(engine, sources.cache)
    facts = pulling.present(ref, engine)
    if facts is None:
        raise CannotRun([Problem(f"{ref} was removed as soon as it was built", "run this again")])
    tell(Event(ref, "done", "built"))
    return facts


def _classes(copy: Distribution, java: str, sources: Sources, tell: Tell) -> tuple[Path | None, str]:
    """The class list, or why there is none although it was wanted."""
    if not sources.class_data:
        return None, ""
    try:
        facts = caps(copy.version)
        return obtain_classes(copy, jre.find(facts.java_min, java, tell), USUAL, facts, sources, tell), ""
    except AmqctlError as exc:
        evidence = f": {exc.details[-1]}" if exc.details else ""
        return None, f"its classes could not be learned here ({exc.message.splitlines()[0]}{evidence})"


def _attempt(
    ref: str,
    copy: Distribution,
    ground: Mapping[str, Any],
    base: str,
    classes: Path | None,
    plain: str,
    engine: Engine,
    sources: Sources,
    tell: Tell,
) -> str:
    """The id of an image with class data where there is a class list, else of one without."""
    java = containers.java(ground["Config"].get("Env") or ())
    labels = {
        containers.REF: ref,
        containers.VERSION: copy.version,
        containers.DISTRIBUTION: copy.digest,
        containers.BASE: base,
    }
    last = {containers.ARCHIVED: containers.ARCHIVE if classes else "", containers.PLAIN: plain}
    recipe = containers.dockerfile(base, labels, _archiving(java, _inside(copy)) if classes else (), last)
    with scratch(sources.cache) as staging:
        context = staging / "context.tar"
        with writing(staging):
            building.pack(context, copy.home, recipe, classes)
        tell(Event(ref, "progress", f"sending {context.stat().st_size >> 20} MiB to the engine"))
        return building.build(ref, context, engine, tell)


def _archiving(java: str, copy: launch.Copy) -> tuple[tuple[str, ...], ...]:
    dump = launch.dump_command(java, copy, USUAL, containers.CLASSES, containers.ARCHIVE)
    check = launch.check_command(java, copy, USUAL, containers.ARCHIVE)
    # A JVM's performance data would stay behind in the image, as a directory in /tmp
    return tuple((line[0], "-XX:-UsePerfData", *line[1:]) for line in (dump, check))


@dataclass(frozen=True, slots=True)
class _Inside:
    """A distribution as it lies in the image. Satisfies launch.Copy."""

    home: PurePosixPath
    class_path: tuple[PurePosixPath, ...]


def _inside(copy: Distribution) -> _Inside:
    home = PurePosixPath(containers.HOME)
    return _Inside(home, tuple(home / jar.relative_to(copy.home).as_posix() for jar in copy.class_path))


def existing(ref: str, version: str, engine: Engine, sources: Sources, tell: Tell) -> Image:
    """The user's own image, as it is: laid out as the official one, and of this version."""
    if not containers.is_reference(ref):
        raise NotProvisioned([Problem(f"{ref!r} cannot name an image", f"write it as docker does, e.g. {BASE}")])
    fix = "check the name, `docker login` to its registry, or leave out `image` to have one built"
    facts = pulling.obtained(ref, engine, sources, tell, fix)
    found = looking.inside(ref, facts, engine, sources)
    if found.version != version:
        raise NotProvisioned(
            [
                Problem(
                    f"image {ref} holds ActiveMQ {found.version}, the topology says {version}",
                    "write that version, or another image",
                )
            ]
        )
    home = PurePosixPath(found.home)
    return Image(
        ref=ref,
        id=facts["Id"],
        version=version,
        home=home,
        class_path=tuple(home / jar for jar in found.jars),
        java=containers.java(facts["Config"].get("Env") or ()),
        uid=found.uid,
        gid=found.gid,
        # one that amqctl built and that went by way of a registry
        archive=(facts["Config"].get("Labels") or {}).get(containers.ARCHIVED) or None,
    )


def unavailable(plan: Plan, engine: Engine, base: str, sources: Sources, tell: Tell) -> str | None:
    """Why an image for this plan could not be had on this engine, None where it can.

    It decides between runtimes, so it looks at what is there first, and asks a registry last and once.
    """
    wanted = set(_wanted(plan).values())
    try:
        for ref in sorted({ref for ref, _ in wanted if ref is not None}):
            if (reason := pulling.absent(ref, engine, sources, tell)) is not None:
                return reason
        missing = {version for ref, version in wanted if ref is None} - _versions_built(engine, base, sources)
        return pulling.absent(base, engine, sources, tell) if missing else None
    except CannotRun as exc:
        return exc.problems[0].what


def _versions_built(engine: Engine, base: str, sources: Sources) -> set[str]:
    """By what their labels say they were made of: a distribution need not be fetched for that."""
    filters = {"label": [shelf.OURS, f"{containers.BASE}={base}"], "dangling": False}
    with refusals("looking for images"):
        found = [(i["Labels"], i.get("RepoTags") or ()) for i in engine.client.api.images(filters=filters)]
    return {
        labels[containers.VERSION]
        for labels, tags in found
        if tag(
            labels[containers.VERSION], labels[containers.DISTRIBUTION], base, class_data=sources.class_data
        ) in tags
    }  # fmt: skip


def _wanted(plan: Plan) -> Mapping[str, Wanted]:
    return {node.name: (node.broker.image, node.broker.version) for node in plan.nodes}
