"""A copy of ActiveMQ put together from its published modules, as its own assembly does."""

from __future__ import annotations

import fnmatch
import shutil
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from amqctl.activemq.distribution import Coordinate, Modules
from amqctl.events import Event, Tell
from amqctl.provision.fetch import Absent, Repository
from amqctl.provision.unpack import safe_parts

if TYPE_CHECKING:
    from jgo.maven import MavenContext


def assemble(recipe: Modules, made: Path, repository: Repository, subject: str, tell: Tell) -> Mapping[str, str]:
    """Fill `made` by `recipe`; returns coordinate -> sha1 of what went in. Raises Absent."""
    repository.get_all([recipe.parent.path, recipe.run.path, recipe.console.path], subject, "looking up", tell)
    tell(Event(subject, "progress", "working out its modules"))
    jars = closure(recipe, repository)
    paths = [jar.path for jar in jars]
    files = repository.get_all(paths, subject, f"downloading {len(paths)} modules", tell)
    (made / "lib").mkdir()
    (made / "bin").mkdir()
    for file in files:
        shutil.copyfile(file, made / "lib" / file.name)
    shutil.copyfile(repository.get(recipe.run.path), made / "bin" / "activemq.jar")
    _console(repository.get(recipe.console.path), made / "webapps", recipe.console_left_out)
    for path, text in recipe.texts.items():
        place = made / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return {str(part): repository.sha1(part.path) for part in (*jars, recipe.run, recipe.console)}


def closure(recipe: Modules, repository: Repository) -> list[Coordinate]:
    """The runtime closure of the recipe's roots, versions managed by its parent POM, sorted."""
    from jgo.maven import POM

    context = _context(repository)
    pom = POM(_pom(recipe))
    _fetch_poms(pom, context, repository)
    _, nodes = context.pom_dependency_list(pom)
    found = {_coordinate(node.dep) for node in nodes if node.dep.scope in ("compile", "runtime")}
    return sorted(
        (jar for jar in found if f"{jar.group}:{jar.artifact}" not in recipe.left_out and jar.packaging == "jar"),
        key=str,
    )


def _fetch_poms(pom: Any, context: MavenContext, repository: Repository) -> None:
    """Fill the cache with the POMs of the closure, level by level, those of a level side by side.

    jgo would ask for one after the other, two hundred of them. What is found here decides nothing: it
    knows no exclusions, and a POM that is missing may be of a module that is excluded.
    """
    from jgo.maven import Model

    root = Model(pom, context)
    seen: set[Coordinate] = set()
    level = list(root.deps.values())

    def below(dep: Any) -> list[Any]:
        try:
            model = Model(dep.artifact.component.pom(), context, root.dep_mgmt)
        except (Absent, OSError, ValueError, RuntimeError, KeyError):
            return []
        return [d for d in model.deps.values() if d.scope in ("compile", "runtime") and not d.optional]

    with ThreadPoolExecutor(repository.workers) as pool:
        while level:
            fresh = {_coordinate(dep): dep for dep in level if _coordinate(dep) not in seen}
            seen |= fresh.keys()
            try:
                level = [dep for found in pool.map(below, fresh.values()) for dep in found]
            except BaseException:
                repository.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise


def _context(repository: Repository) -> MavenContext:
    from jgo.maven import MavenContext, PythonResolver

    class Checked(PythonResolver):
        """jgo's resolver, with our downloads in place of its own, which only warn of a wrong checksum."""

        def download(self, artifact: Any) -> Path:
            return repository.get(f"{artifact.component.path_prefix.as_posix()}/{artifact.filename}")

    return MavenContext(
        resolver=Checked(),
        repo_cache=repository.root,
        remote_repos={"repository": repository.url},
        offline=False,  # ours knows; jgo's own refusal would not say what to do
    )


def _coordinate(dep: Any) -> Coordinate:
    return Coordinate(dep.groupId, dep.artifactId, dep.version, dep.classifier or "", dep.type or "jar")


def _pom(recipe: Modules) -> str:
    parent = recipe.parent
    names = (name.split(":") for name in recipe.alone)
    apart = "".join(
        f"<exclusion><groupId>{escape(g)}</groupId><artifactId>{escape(a)}</artifactId></exclusion>" for g, a in names
    )
    exclusions = f"<exclusions>{apart}</exclusions>" if apart else ""
    dependencies = "".join(
        f"<dependency><groupId>{escape(root.group)}</groupId><artifactId>{escape(root.artifact)}</artifactId>"
        + (f"<version>{escape(root.version)}</version>" if root.version else "")
        + exclusions
        + "</dependency>"
        for root in recipe.roots
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        f"<parent><groupId>{parent.group}</groupId><artifactId>{parent.artifact}</artifactId>"
        f"<version>{escape(parent.version)}</version></parent>"
        "<artifactId>amqctl-distribution</artifactId><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def _console(war: Path, webapps: Path, left_out: tuple[str, ...]) -> None:
    """The web console; its images and styles are the start page's as well."""
    with zipfile.ZipFile(war) as packed:
        for entry in packed.infolist():
            if entry.is_dir() or any(fnmatch.fnmatchcase(entry.filename, glob) for glob in left_out):
                continue
            parts = safe_parts(entry.filename, war)
            place = webapps.joinpath("admin", *parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(packed.read(entry))
    for shared in ("images", "styles"):
        if (webapps / "admin" / shared).is_dir():
            shutil.copytree(webapps / "admin" / shared, webapps / shared)
