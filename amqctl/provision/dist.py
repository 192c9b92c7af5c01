"""ActiveMQ itself: a version's copy in the cache, complete or absent.

    cache/dist/apache-activemq-<version>[-local-<key>]/     the copy; only ever renamed into place
        amqctl.json                                         what it was made of

One process at a time makes a copy; a second waits and uses it. A run that is killed leaves only its
scratch directory, which the next one sweeps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq import distribution
from amqctl.activemq.distribution import Kind, Recipe
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.scratch import locked, put, scratch, writing
from amqctl.provision.sources import Sources

MANIFEST = "amqctl.json"
JAR_TIME = 1_000_000_000  # seconds since the epoch: any, but always the same
FORMAT = 2  # of the manifest and the copy; another number makes the copy anew


@dataclass(frozen=True, slots=True)
class Distribution:
    """home: ACTIVEMQ_HOME; nobody writes below it. class_path: absolute, in launch order.

    digest: sha256 in hex over what it was made of. xsd: its activemq.xsd.
    """

    version: str
    home: Path
    class_path: tuple[Path, ...]
    digest: str
    xsd: Path
    kind: Kind


def obtain(version: str, sources: Sources, tell: Tell) -> Distribution:
    """The copy of `version`: from the cache, else made; raises NotProvisioned."""
    if not distribution.is_version(version):
        raise NotProvisioned([Problem(f"{version!r} is not a version of ActiveMQ", "write it as in 6.1.7")])
    home = _home(version, sources)
    found = cached(home)
    if found is not None:
        return found
    subject = f"ActiveMQ {version}"
    with locked(home.parent / f".{home.name}.lock", subject, tell):
        found = cached(home)
        if found is None:
            tell(Event(subject, "start", "provisioning"))
            _make(version, home, sources, tell)
            found = cached(home)
            if found is None:
                raise NotProvisioned([Problem(f"{home} is not as it was made", "delete it and try again")])
            tell(Event(subject, "done", f"provisioned from its {_origin(found, sources)}"))
        return found


def cached(home: Path) -> Distribution | None:
    """The copy at `home` if it is one and whole."""
    try:
        manifest = json.loads((home / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT:
            return None
        found = Distribution(
            version=manifest["version"],
            home=home,
            class_path=tuple(home / jar for jar in manifest["class_path"]),
            digest=manifest["digest"],
            xsd=home / distribution.SCHEMA,
            kind=manifest["kind"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = found.xsd.is_file() and all(jar.is_file() for jar in found.class_path)
    return found if whole else None


def kept(version: str, sources: Sources) -> Distribution | None:
    """The copy of `version` if the cache has one that is whole; makes none."""
    return cached(_home(version, sources))


def in_cache(sources: Sources) -> list[str]:
    """Versions of which the cache has a whole copy, in no order."""
    homes = (sources.cache / "dist").glob("apache-activemq-*")
    return [copy.version for copy in map(cached, homes) if copy is not None]


def _home(version: str, sources: Sources) -> Path:
    name = f"apache-activemq-{version}"
    if sources.archive is not None:
        from amqctl.provision.archive import local_key

        key = local_key(sources.archive, version)
        if key is not None:
            name += f"-local-{key}"
    return sources.cache / "dist" / name


def _origin(found: Distribution, sources: Sources) -> str:
    return {
        "archive": f"archive at {sources.shown}",
        "modules": f"modules at {sources.shown}",
        "local": f"local copy {sources.archive}",
    }[found.kind]


def _make(version: str, home: Path, sources: Sources, tell: Tell) -> None:
    with scratch(sources.cache) as staging, writing(home):
        made = staging / home.name
        made.mkdir()
        if "-local-" in home.name and sources.archive is not None:
            from amqctl.provision.archive import copy_local

            parts, recipe, kind = copy_local(sources.archive, made, f"ActiveMQ {version}", tell), None, "local"
        else:
            parts, recipe = _published(version, made, staging, sources, tell)
            kind = recipe.kind
        _finish(version, made, recipe, kind, parts)
        put(made, home)


def _published(
    version: str, made: Path, staging: Path, sources: Sources, tell: Tell
) -> tuple[Mapping[str, str], Recipe]:
    """Fill `made` by the first recipe that the repository has the parts of."""
    from amqctl.provision import archive, modules
    from amqctl.provision.fetch import Absent, Repository

    repository = Repository(sources, staging)
    subject = f"ActiveMQ {version}"
    absent: list[str] = []
    problems: list[Problem] = []
    for recipe in distribution.recipes(version):
        try:
            if isinstance(recipe, distribution.Archive):
                return archive.unpack_published(recipe, made, repository, subject, tell), recipe
            return modules.assemble(recipe, made, repository, subject, tell), recipe
        except Absent as exc:
            absent += exc.paths
        except NotProvisioned as exc:
            if not sources.offline:
                raise
            problems += exc.problems
    raise NotProvisioned([_nowhere(version, absent, problems, sources)])


def _nowhere(version: str, absent: Sequence[str], problems: Sequence[Problem], sources: Sources) -> Problem:
    """absent: paths that the repository does not have. problems: of what is not in the cache, offline."""
    if problems:
        missing = "; ".join(problem.what.rpartition(": ")[2] for problem in problems[:4])
        what = f"offline, and ActiveMQ {version} is not in the cache (looked for {missing})"
        return Problem(what, "run once without --offline, or name a local copy with --archive")
    names = ", ".join(path.rpartition("/")[2] for path in absent[:4])
    what = f"{sources.shown} has no ActiveMQ {version} (no {names})"
    return Problem(what, "check the version; or name a local apache-activemq-*-bin.tar.gz with --archive")


def _finish(version: str, made: Path, recipe: Recipe | None, kind: str, parts: Mapping[str, str]) -> None:
    """What every copy gets, however it was made: its schema beside it and the note of its parts."""
    files = [path.relative_to(made).as_posix() for path in made.rglob("*.jar")]
    jars = distribution.class_path(files)
    from amqctl.provision.schema import extract

    spring = next((jar for jar in jars if jar.rpartition("/")[2].startswith("activemq-spring-")), None)
    if spring is None or "bin/activemq.jar" not in jars:
        raise NotProvisioned(
            [Problem(f"this is no copy of ActiveMQ {version}: no {spring and 'bin/activemq.jar' or 'activemq-spring'}")]
        )
    for jar in jars:
        # A class-data archive notes size and time of each jar; a copy made anew must not outdate it.
        os.utime(made / jar, (JAR_TIME, JAR_TIME))
    (made / distribution.SCHEMA).write_bytes(extract(made / spring))
    note = {
        "format": FORMAT,
        "version": version,
        "kind": kind,
        "digest": distribution.digest(recipe, parts),
        "class_path": jars,
        "repairs": {repair.name: repair.reason for repair in recipe.repairs} if recipe else {},
        "parts": dict(sorted(parts.items())),
    }
    (made / MANIFEST).write_text(json.dumps(note, indent=1), "utf-8")
