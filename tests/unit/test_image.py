"""Images without an engine: names, recipe, context, what a build's words mean, what may be swept."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest
from filelock import FileLock

from amqctl.activemq import containers
from amqctl.errors import BadUsage, CannotRun, NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision.engine import Engine
from amqctl.provision.image import BASE, chosen_base, existing, listing, prune, unavailable
from amqctl.provision.image.building import Refused, judge, pack
from amqctl.provision.image.looking import jar_names
from amqctl.provision.image.model import lock_path, tag
from amqctl.provision.image.shelf import STALE, sweep
from amqctl.provision.sources import Sources
from tests.plans import a_pair

DIGEST = "d" * 64
NOW = 1_800_000_000


def test_the_tag_changes_with_all_that_goes_into_the_image() -> None:
    tags = [
        tag("6.1.7", DIGEST, BASE, class_data=True),
        tag("6.1.7", "e" * 64, BASE, class_data=True),
        tag("6.1.7", DIGEST, "other:17", class_data=True),
        tag("6.1.7", DIGEST, BASE, class_data=False),
    ]
    assert len(set(tags)) == len(tags)
    assert all(name.startswith("amqctl/activemq:6.1.7-") and len(name.rpartition("-")[2]) == 12 for name in tags)


def test_the_base_is_the_options_else_the_environments_else_temurin() -> None:
    assert chosen_base("a:1", {"AMQCTL_BASE_IMAGE": "b:1"}) == "a:1"
    assert chosen_base(None, {"AMQCTL_BASE_IMAGE": "registry.example:5000/b@sha256:0a"}).startswith("registry")
    assert chosen_base(None, {}) == BASE
    with pytest.raises(BadUsage):
        chosen_base("a\nRUN x", {})


# --- the recipe ----------------------------------------------------------------------------------------------------


def test_the_recipe_ends_as_a_user_that_is_not_root_and_without_an_entrypoint() -> None:
    text = containers.dockerfile(BASE, {containers.REF: "x:1"}, [("java", "-Xshare:dump", "a b")], {})
    lines = text.splitlines()
    assert lines[0] == f"FROM {BASE}"
    assert 'RUN ["java", "-Xshare:dump", "a b"]' in lines, "exec form: a base needs no shell"
    assert [line for line in lines if line.startswith("USER")][-1] == "USER 10001:10001"
    assert "ENTRYPOINT []" in lines
    assert lines[1].startswith('LABEL amqctl.image="1" amqctl.stage="building"')
    assert lines[-1] == 'LABEL amqctl.stage="built"', "until the last step it is a leftover"


def test_without_class_data_nothing_is_run_and_no_list_is_copied() -> None:
    text = containers.dockerfile(BASE, {}, (), {containers.PLAIN: 'a "$HOME"\nRUN x'})
    assert "RUN [" not in text
    assert containers.CLASSES not in text
    assert text.splitlines()[-1].startswith("LABEL "), "a reason cannot become an instruction"
    assert "$" not in text


def test_the_context_holds_all_and_can_be_read_by_all(tmp_path: Path) -> None:
    home = tmp_path / "copy"
    (home / "lib").mkdir(parents=True, mode=0o700)
    (home / "lib" / "a.jar").write_bytes(b"x")
    (home / "lib" / "a.jar").chmod(0o600)
    (home / "run").write_text("#!")
    (home / "run").chmod(0o700)
    (tmp_path / "classes").write_text("java/lang/Object")
    pack(tmp_path / "context.tar", home, "FROM x", tmp_path / "classes")
    with tarfile.open(tmp_path / "context.tar") as tar:
        found = {entry.name: entry for entry in tar}
    assert {"Dockerfile", "home", "home/lib/a.jar", "home/run", "classes"} <= set(found)
    assert {f"root/{part}" for part in ("conf", "data", "tmp", "stores")} <= set(found)
    assert found["home/lib"].mode & 0o777 == 0o755
    assert found["home/lib/a.jar"].mode & 0o777 == 0o644
    assert found["home/run"].mode & 0o777 == 0o755
    assert {(entry.uid, entry.gid, entry.uname) for entry in found.values()} == {(0, 0, "")}


# --- what a build says ---------------------------------------------------------------------------------------------


def said(*words: str, **last: Any) -> Iterator[dict[str, Any]]:
    yield from ({"stream": word + "\n"} for word in words)
    yield last


def test_a_build_that_ends_well_gives_its_id() -> None:
    told: list[Event] = []
    step = 'Step 7/13 : RUN ["java", "-Xshare:dump"]'
    assert judge(said("Step 1/13 : FROM x", step, aux={"ID": "sha256:1"}), "x:1", told.append) == "sha256:1"
    assert [event.text for event in told] == ["laying out class data in the image"]


def test_javas_refusal_is_told_with_its_own_word() -> None:
    failed = {"error": "The command 'java -Xshare:dump' returned a non-zero code: 1", "errorDetail": {"code": 1}}
    with pytest.raises(Refused, match="^no such thing$"):
        judge(said("Step 7/13 : RUN", " ---> Running in 1", "no such thing", **failed), "x:1", silent)
    with pytest.raises(Refused, match="mismatch"):
        judge(said("[0.1s][warning][cds] mismatch", aux={"ID": "sha256:1"}), "x:1", silent)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"error": "write /x: no space left on device"}, "disk is full"),
        ({"error": "The command 'java -Xshare:dump' returned 137", "errorDetail": {"code": 137}}, "was killed"),
        ({"error": "pull access denied"}, "pull access denied"),
        ({"stream": "and no more"}, "without a word"),
    ],
)
def test_what_else_stops_a_build_is_one_problem_with_the_last_of_its_log(last: dict[str, Any], expected: str) -> None:
    words = [f"line {number}" for number in range(40)]
    with pytest.raises(CannotRun, match=expected) as caught:
        judge(said(*words, **last), "x:1", silent)
    assert caught.value.problems[0].fix
    assert "line 39" in caught.value.details
    assert "line 1" not in caught.value.details


def test_a_full_disk_in_the_middle_of_the_class_data_is_no_refusal() -> None:
    failed = {"error": "The command 'java -Xshare:dump' returned a non-zero code: 1", "errorDetail": {"code": 1}}
    with pytest.raises(CannotRun, match="disk is full"):
        judge(said("Unable to write to shared archive: No space left on device", **failed), "x:1", silent)


# --- someone else's image ------------------------------------------------------------------------------------------

PASSWD = "root:x:0:0:root:/root:/bin/sh\nactivemq:x:999:998::/home/a:/bin/sh\n# no row\n+::::::\n"
GROUP = "root:x:0:\nstaff:x:50:activemq\n"


@pytest.mark.parametrize(
    ("user", "ids"),
    [
        ("", (0, 0)),
        ("activemq", (999, 998)),
        ("activemq:staff", (999, 50)),
        ("999", (999, 998)),
        ("1234", (1234, 0)),
        ("1234:5", (1234, 5)),
        ("activemq:7", (999, 7)),
    ],
)
def test_whom_an_image_runs_as(user: str, ids: tuple[int, int]) -> None:
    assert containers.user_ids(user, PASSWD, GROUP) == ids


@pytest.mark.parametrize(("user", "passwd"), [("nobody", PASSWD), ("activemq", ""), ("0:nogroup", PASSWD)])
def test_a_name_that_the_image_does_not_know_is_said(user: str, passwd: str) -> None:
    with pytest.raises(ValueError, match="nobody|activemq|nogroup"):
        containers.user_ids(user, passwd, GROUP)


def test_java_is_where_the_image_says() -> None:
    assert containers.java(["PATH=/bin", "JAVA_HOME=/opt/java/"]) == "/opt/java/bin/java"
    assert containers.java(["PATH=/bin"]) == "java"


@pytest.mark.parametrize("chunk", [7, 512, 1 << 20])
def test_jars_are_read_from_a_stream_by_their_headers(chunk: int) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, size in [("lib/b.jar", 3000), ("lib/web/c.jar", 0), ("lib/readme.txt", 5), ("lib/" + "l" * 120, 9)]:
            entry = tarfile.TarInfo(name)
            entry.size = size
            tar.addfile(entry, io.BytesIO(bytes(size)))
        link = tarfile.TarInfo("lib/a.jar")
        link.type, link.linkname = tarfile.SYMTYPE, "b.jar"
        tar.addfile(link)
    data = out.getvalue()
    chunks = (data[at : at + chunk] for at in range(0, len(data), chunk))
    assert jar_names(chunks, "") == ["lib/b.jar", "lib/web/c.jar", "lib/a.jar"]


def test_the_version_is_the_brokers() -> None:
    assert containers.broker_version(["bin/activemq.jar", "lib/activemq-broker-6.1.7.jar"]) == "6.1.7"
    assert containers.broker_version(["lib/optional/activemq-broker-6.1.7.jar"]) is None


# --- over an engine that is a list ---------------------------------------------------------------------------------


class Api:
    """What an engine has: images and containers as its API lists them."""

    def __init__(self, images: list[dict[str, Any]], containers_: Sequence[dict[str, Any]] = ()) -> None:
        self._images, self._containers = images, containers_
        self.registry: set[str] = set()
        self.removed: list[str] = []

    def info(self) -> dict[str, str]:
        return {"SystemTime": "2027-01-15T08:00:00.123456789Z"}  # NOW

    def images(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        labels = filters["label"] if isinstance(filters["label"], list) else [filters["label"]]
        return [
            found
            for found in self._images
            if bool(found["RepoTags"]) is not filters["dangling"] and all(_has(found, label) for label in labels)
        ]

    def containers(self, all: bool, filters: dict[str, str] | None = None) -> list[dict[str, Any]]:  # noqa: A002
        return [found for found in self._containers if filters is None or _has(found, filters["label"])]

    def history(self, image: str) -> list[dict[str, Any]]:
        ours = "/bin/sh -c #(nop)  LABEL amqctl.image=1 amqctl.stage=building"
        return [{"Size": 70, "CreatedBy": "COPY"}, {"Size": 7, "CreatedBy": ours}, {"Size": 500, "CreatedBy": ""}]

    def inspect_image(self, ref: str) -> dict[str, Any]:
        for found in self._images:
            if ref in (*found["RepoTags"], found["Id"]) and ref not in self.removed:
                return found
        raise docker.errors.ImageNotFound(ref)

    def inspect_distribution(self, ref: str) -> dict[str, Any]:
        if ref not in self.registry:
            raise docker.errors.APIError("no such host", explanation="no such host")
        return {}

    def remove_image(self, name: str) -> None:
        """By a tag that is not the last one, only the tag goes."""
        self.removed += [name, *(found["Id"] for found in self._images if found["RepoTags"] == [name])]

    def remove_container(self, name: str, v: bool) -> None:
        self.removed.append(name)


def _has(found: dict[str, Any], label: str) -> bool:
    key, _, text = label.partition("=")
    return bool((found["Labels"] or {}).get(key) == text)


def image(ident: str, *tags: str, age: float = 0, **labels: str) -> dict[str, Any]:
    marks = {containers.IMAGE: "1", **{f"amqctl.{key}": text for key, text in labels.items()}}
    return {"Id": ident, "RepoTags": list(tags), "Labels": marks, "Created": NOW - age, "Size": 577}


def container(ident: str, of: str, *, state: str = "exited", age: float = 0, **labels: str) -> dict[str, Any]:
    marks = {f"amqctl.{key}": text for key, text in labels.items()}
    row = {"Id": ident, "ImageID": of, "State": state, "Created": NOW - age, "Labels": marks}
    return {**row, "Names": [f"/{ident}"]}


def engine(api: Api) -> Engine:
    return Engine(SimpleNamespace(api=api), "unix:///x", None, "20.10")  # type: ignore[arg-type]


def test_only_what_nobody_works_on_any_more_is_swept(tmp_path: Path) -> None:
    old, young = STALE + 60, STALE - 60
    api = Api(
        [
            image("old", age=old, stage="building", ref="x:1"),
            image("young", age=young, stage="building", ref="x:1"),
            image("busy", age=old, stage="building", ref="x:2"),
            image("named", "amqctl/activemq:1", age=old, stage="built"),
        ],
        [
            container("c-old", "i", age=old, stage="building", ref="x:1"),
            container("c-young", "i", age=young, stage="building", ref="x:1"),
            container("c-runs", "i", age=old, stage="building", ref="x:1", state="running"),
            container("c-looked", "i", age=old, stage="looking"),
            container("broker", "named", age=old, stage="built"),
        ],
    )
    lock = lock_path(tmp_path, "x:2")
    lock.parent.mkdir()
    with FileLock(str(lock)):
        sweep(engine(api), tmp_path)
    assert sorted(api.removed) == ["c-looked", "c-old", "old"]
    sweep(engine(api), tmp_path)
    assert "busy" in api.removed, "its builder is gone"


def test_prune_keeps_the_newest_and_what_is_used(tmp_path: Path) -> None:
    images = [
        image("1", "amqctl/activemq:6.1.7-a", age=300, version="6.1.7", base=BASE),
        image("2", "amqctl/activemq:6.1.7-b", age=200, version="6.1.7", base=BASE),
        image("3", "amqctl/activemq:6.1.7-c", "registry.example/x:1", age=250, version="6.1.7", base=BASE),
        image("4", "amqctl/activemq:6.1.7-d", age=100, version="6.1.7", base=BASE),
        image("5", "amqctl/activemq:6.1.7-e", age=400, version="6.1.7", base="other:17"),
    ]
    used = [container("amqctl.x.amq1", "2", state="exited")]
    api = Api(images, used)
    assert [row.in_use for row in listing(engine(api)) if row.id == "2"] == [("amqctl.x.amq1",)]
    removed = prune(engine(api), Sources(cache=tmp_path), everything=False)
    assert {one.what.rpartition("-")[2]: one.size for one in removed} == {"a": 77, "c": 0}, "a registry's name keeps c"
    removed = prune(engine(Api(images, used)), Sources(cache=tmp_path), everything=True)
    assert {one.what.rpartition("-")[2] for one in removed} == {"a", "c", "d", "e"}


def test_docker_is_available_where_an_image_the_base_or_its_registry_is(tmp_path: Path) -> None:
    plan = a_pair()
    version = plan.nodes[0].broker.version
    ref = tag(version, DIGEST, BASE, class_data=True)
    made = image("1", ref, version=version, base=BASE, distribution=DIGEST)

    def ask(api: Api, **changes: Any) -> str | None:
        return unavailable(plan, engine(api), BASE, Sources(cache=tmp_path, **changes), silent)

    assert ask(Api([made])) is None
    assert ask(Api([image("0", BASE)])) is None
    reason = ask(Api([]))
    assert reason is not None
    assert BASE in reason
    assert "no such host" in reason
    reachable = Api([])
    reachable.registry.add(BASE)
    assert ask(reachable) is None
    assert "offline" in str(ask(reachable, offline=True))
    stale = image("1", "amqctl/activemq:x-000000000000", version=version, base=BASE, distribution=DIGEST)
    assert ask(Api([stale])) is not None, "of another recipe"
    with pytest.raises(NotProvisioned, match="offline"):
        existing("x:1", version, engine(Api([])), Sources(cache=tmp_path, offline=True), silent)
