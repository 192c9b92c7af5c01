"""A companion as a process of this machine: never as root, its data beside the stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from amqctl.activemq.companions import begins, engine
from amqctl.activemq.companions.model import Site
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Tell
from amqctl.plan.companionfiles import ADMIN
from amqctl.plan.model import CompanionSpec, NodeFiles, Plan
from amqctl.provision import companions
from amqctl.provision.companions import Server
from amqctl.provision.sources import Sources


def obtain(plan: Plan, root: Path, sources: Sources, tell: Tell, env: Mapping[str, str]) -> Mapping[str, Server]:
    """Programs for every companion, by name. Raises NotProvisioned with all that could not be had."""
    found: dict[str, Server] = {}
    problems: list[Problem] = []
    for spec in plan.companions:
        try:
            kind = spec.companion.kind
            # a PostgreSQL reads the data of its own major version only, whatever this machine has by now
            kept = companions.kept_version(kind, data_of(root, spec.name))
            wanted = spec.companion.version
            if kept and wanted and not (begins(wanted, kept) or begins(kept, wanted)):
                what = f"{spec.name}'s data were made by {engine(kind).TITLE} {kept}, and {wanted} does not read them"
                problems.append(Problem(what, f"write version {kept}, or amqctl down --volumes, which deletes them"))
                continue
            found[spec.name] = companions.obtain_server(
                kind, sources, tell, version=max(kept, wanted, key=len), java=plan.settled.java, env=env
            )
        except NotProvisioned as exc:
            problems += exc.problems
    if problems:
        raise NotProvisioned(problems)
    return found


def data_of(root: Path, name: str) -> Path:
    return root / "servers" / name / "data"


def problems(plan: Plan, root: Path) -> list[Problem]:
    """A server that may not enter its own directories; an image, which no process is made of."""
    out = []
    for spec in plan.companions:
        paths = [data_of(root, spec.name), root / "nodes" / spec.name / "server"]
        if (found := companions.problem(companions.account(paths), paths)) is not None:
            out.append(found)
        if spec.companion.image:
            what = f"{spec.name} is to run from the image {spec.companion.image}, which needs a container engine"
            out.append(Problem(what, "use --runtime docker, or leave `image:` out"))
    return out


def lay_out(
    spec: CompanionSpec, files: NodeFiles, server: Server, node: Path, root: Path, tell: Tell
) -> dict[str, object]:
    """Make its data directory where there is none, and all that the server is handed. What the supervisor starts."""
    data, kind, admin = data_of(root, spec.name), spec.companion.kind, files.get(ADMIN, "")
    site = Site(str(node), str(data), str(node / "server"), str(node / "tmp"), spec.place.bind, spec.companion.port)
    account = companions.account(companions.reach(server.programs, site))
    data.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    companions.own([data.parent], account)
    companions.set_up(kind, server.programs, data, admin, account, tell)
    recipe = engine(kind).process(server.programs, site, spec.settings, admin)
    companions.lay_out(recipe, site, account)
    command = account.command(recipe.command) if account else recipe.command
    return {"command": list(command), "env": dict(recipe.environment), "stop": recipe.stop_signal}
