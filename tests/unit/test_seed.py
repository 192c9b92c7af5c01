"""A copy of somebody's store to begin with: whole or not at all, never over data, never of one in use."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from amqctl.errors import CannotRun
from amqctl.events import Event, silent
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from amqctl.runtimes import engineseed, seed
from amqctl.runtimes.containers import Store
from amqctl.topology.settled import SettledGroup
from tests.builders import settled
from tests.plans import a_place

JOURNAL = b"journal" * 1000
HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "r+b")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def index(version: int, *, there: int = 0) -> bytes:
    """The beginning of a db.data. there: how many of the three locations are."""
    places = b"".join(b"\1" + bytes(8) if n < there else b"\0" for n in range(3))
    return bytes(4096 + 21 + 12) + places + struct.pack(">i", version)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    place = tmp_path / "seed"
    place.mkdir()
    (place / "db-1.log").write_bytes(JOURNAL)
    (place / "db.data").write_bytes(index(7))
    (place / "lock").write_bytes(b"12345678")
    return place


def plan_for(original: Path, more: str = "", version: str = "6.1.7") -> Plan:
    made = settled(f"activemq: {version}\ngroups: {{g: {{store: {{kahadb: {{seed: {original}{more}}}}}, brokers: 2}}}}")
    return make_plan(made, a_place, "{}")


def group_for(original: Path, more: str = "", version: str = "6.1.7") -> SettledGroup:
    return plan_for(original, more, version).settled.groups[0]


def names(place: Path) -> set[str]:
    return {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}


# ---- on this machine


def test_an_empty_store_begins_with_a_copy_and_no_lock(original: Path, tmp_path: Path) -> None:
    store, told = tmp_path / "store", []
    store.mkdir()
    seed.plant(group_for(original), store, told.append)
    assert names(store) == {"db-1.log", "db.data"}
    assert (store / "db-1.log").read_bytes() == JOURNAL
    assert [e.phase for e in told] == ["progress", "done"]
    assert f"copying 2 files, 1 MiB, from {original} to {store}" in told[0].text


@pytest.mark.parametrize("kept", ["db-1.log", "elsewhere/db-7.log"])
def test_data_is_never_touched(original: Path, tmp_path: Path, kept: str) -> None:
    file = tmp_path / "store" / kept
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    told: list[Event] = []
    seed.plant(group_for(original), tmp_path / "store", told.append)
    assert names(tmp_path / "store") == {kept}
    assert file.read_text() == "mine"
    assert told == []


def test_directories_and_a_left_lock_are_no_data(original: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "scheduler").mkdir(parents=True)
    (store / "lock").touch()
    seed.plant(group_for(original), store, silent)
    assert names(store) == {"db-1.log", "db.data", "lock"}


def test_an_interrupted_copy_is_begun_again(original: Path, tmp_path: Path) -> None:
    part = tmp_path / "store" / ".seed.part"
    part.mkdir(parents=True)
    (part / "db-1.log").write_text("half")
    (part / "db-9.log").write_text("of another seed")
    seed.plant(group_for(original), tmp_path / "store", silent)
    assert names(tmp_path / "store") == {"db-1.log", "db.data"}
    assert (tmp_path / "store" / "db-1.log").read_bytes() == JOURNAL


def test_an_interrupted_move_is_ended_though_the_seed_is_gone(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / ".seed.whole").mkdir(parents=True)
    (store / ".seed.whole" / "db.data").touch()
    (store / "db-1.log").touch()
    seed.plant(group_for(tmp_path / "gone"), store, silent)
    assert names(store) == {"db-1.log", "db.data"}
    assert not (store / ".seed.whole").exists()


def test_directories_of_an_mkahadb_come_along(original: Path, tmp_path: Path) -> None:
    inner = original / "queue#3a#2f#2f#3e"
    inner.mkdir()
    for file in ("db-1.log", "db.data"):
        (original / file).rename(inner / file)
    (original / "txStore").mkdir()
    (original / "txStore" / "db-1.log").touch()
    group = group_for(original, ', multi: [{queue: ">"}]')
    assert seed.problems(group, None) == []
    seed.plant(group, tmp_path / "store", silent)
    assert names(tmp_path / "store") == {f"{inner.name}/db-1.log", f"{inner.name}/db.data", "txStore/db-1.log"}
    assert "is an mKahaDB" in seed.problems(group_for(original), None)[0].what


def test_what_keeps_a_seed_from_being_copied(original: Path, tmp_path: Path) -> None:
    def said(place: Path, more: str = "", room: int | None = None) -> list[str]:
        return [p.what for p in seed.problems(group_for(place, more), room)]

    assert said(original, room=1 << 30) == []
    assert said(tmp_path / "gone") == [f"seed of g: there is no directory {tmp_path / 'gone'}"]
    assert said(original, ", multi: []") == [f"seed of g: {original} is one KahaDB, and `multi` makes several"]
    assert "1 MiB, and 1 MiB are free" in said(original, room=10)[0]
    (original / "db-1.log").unlink()
    assert said(original) == [f"seed of g: {original} is no KahaDB: it has no db-*.log"]


def test_a_store_in_use_is_not_copied(original: Path, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(original / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        [found] = seed.problems(group_for(original), None)
        assert f"{original} is in use" in found.what
        with pytest.raises(CannotRun, match="is in use"):
            seed.plant(group_for(original), tmp_path / "store", silent)
        assert not (tmp_path / "store").exists()
    finally:
        holder.communicate()
    assert seed.problems(group_for(original), None) == []


def test_a_seed_is_not_looked_at_once_the_store_has_data(original: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    plan = plan_for(tmp_path / "gone", f", path: {store}")
    assert len(seed.problems_here(plan)) == 1
    store.mkdir()
    (store / "db-1.log").touch()
    assert seed.problems_here(plan) == []


@pytest.mark.parametrize(
    ("written", "version", "said"),
    [
        (7, "6.1.7", None),
        (6, "6.1.7", "the seed's index is version 6; ActiveMQ 6.1.7 makes 7 of its copy when it starts"),
        (7, "5.15.11", "the seed's index is version 7, newer than what ActiveMQ 5.15.11 writes (6)"),
    ],
)
@pytest.mark.parametrize("there", [0, 1, 3])
def test_another_version_s_index_is_told(
    original: Path, written: int, version: str, said: str | None, there: int
) -> None:
    (original / "db.data").write_bytes(index(written, there=there))
    assert seed.index_version(original / "db.data") == written
    lines = seed.told_of_versions(group_for(original, version=version), original)
    assert [line.startswith(said or "") for line in lines] == ([] if said is None else [True])


@pytest.mark.parametrize("body", [b"", b"\0" * 5000, b"\xff" * 5000])
def test_an_index_that_cannot_be_read_has_no_version(original: Path, body: bytes) -> None:
    (original / "db.data").write_bytes(body)
    assert seed.index_version(original / "db.data") is None


# ---- on an engine


class Api:
    """A container's file system behind the archive endpoints. broken: sends so many archives, then no more."""

    def __init__(self, broken: int | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.owners: set[tuple[int, int]] = set()
        self.left = broken

    def put_archive(self, container: str, path: str, data) -> bool:
        if self.left == 0:
            raise ConnectionError("the engine went away")
        self.left = None if self.left is None else self.left - 1
        body = data if isinstance(data, bytes) else b"".join(data)
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            for entry in tar:
                read = tar.extractfile(entry)
                self.owners.add((entry.uid, entry.gid))
                if read is not None:
                    self.files[f"{path.rstrip('/')}/{entry.name}"] = read.read()
        return True

    def get_archive(self, container: str, path: str, chunk_size: int = 0):
        below = path.rpartition("/")[0]
        found = {k: v for k, v in self.files.items() if k == path or k.startswith(f"{path}/")}
        if not found and path.endswith(engineseed.NOTE):
            raise docker.errors.NotFound(path)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, body in found.items():
                entry = tarfile.TarInfo(name.removeprefix(f"{below}/"))
                entry.size = len(body)
                tar.addfile(entry, io.BytesIO(body))
        return [out.getvalue()], {}


TARGET = "/amqctl/stores/g"


def plant(api: Api, plan: Plan, tell=silent) -> None:
    box = SimpleNamespace(store=Store("volume", "amqctl.c.g", TARGET), owner=(10001, 10002))
    engineseed.plant(api, "id", box, plan.nodes[0], plan, tell)  # type: ignore[arg-type]


@pytest.fixture
def plan(original: Path) -> Plan:
    return plan_for(original, f", path: {TARGET}/kahadb")


def test_a_volume_begins_with_a_copy_that_is_the_image_s_user_s(plan: Plan) -> None:
    api, told = Api(), []
    plant(api, plan, told.append)
    assert set(api.files) == {f"{TARGET}/kahadb/db-1.log", f"{TARGET}/kahadb/db.data", f"{TARGET}/.amqctl-seed"}
    assert api.files[f"{TARGET}/kahadb/db-1.log"] == JOURNAL
    assert api.owners == {(10001, 10002)}
    assert len(told) == 2
    api.files[f"{TARGET}/kahadb/db-1.log"] = b"grown"
    plant(api, plan, told.append)
    assert api.files[f"{TARGET}/kahadb/db-1.log"] == b"grown"
    assert len(told) == 2


def test_data_in_a_volume_is_never_touched(plan: Plan) -> None:
    api = Api()
    api.files[f"{TARGET}/kahadb/db-1.log"] = b"mine"
    plant(api, plan)
    assert api.files == {f"{TARGET}/kahadb/db-1.log": b"mine"}


@pytest.mark.parametrize("archives", [1, 2])
def test_an_interrupted_copy_into_a_volume_is_made_again(plan: Plan, archives: int) -> None:
    api = Api(broken=archives)
    with pytest.raises(ConnectionError):
        plant(api, plan)
    assert json.loads(api.files[f"{TARGET}/.amqctl-seed"])["whole"] is False
    api.left = None
    plant(api, plan)
    assert json.loads(api.files[f"{TARGET}/.amqctl-seed"])["whole"] is True
    assert api.files[f"{TARGET}/kahadb/db-1.log"] == JOURNAL


def test_an_interrupted_copy_of_what_has_changed_is_refused(plan: Plan, original: Path) -> None:
    api = Api(broken=2)
    with pytest.raises(ConnectionError):
        plant(api, plan)
    api.left = None
    (original / "db-2.log").touch()
    with pytest.raises(CannotRun, match="which has changed since"):
        plant(api, plan)
