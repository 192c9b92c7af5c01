"""Real database servers as plain processes: set up once, never as root, asked by their own protocols."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from amqctl.activemq.companions import derby, engine
from amqctl.activemq.companions.model import Site
from amqctl.cluster import databases
from amqctl.cluster.databases import Greeting, LoginRefused, Target, Unanswered, Wanted
from amqctl.cluster.model import Address, Login
from amqctl.errors import CannotRun
from amqctl.events import silent
from amqctl.provision import companions, training
from amqctl.provision.companions import Server, servers
from amqctl.provision.sources import Sources
from amqctl.wait import NotYet, until

pytestmark = pytest.mark.real

ADMIN = 'o\'ne "two" \\three: %s'  # whatever a password may be made of


def installed(kind: str) -> bool:
    """Whether this machine has such a server: then that one is tested too."""
    looked_for = engine(kind).ON_HOST
    return looked_for is not None and any(True for _ in servers._on_host(looked_for, os.environ, []))


# engine, and the version that comes from Maven, or "host"; no others are published for plain processes
PUBLISHED = [("postgres", "16"), ("mariadb", "10.11.5"), ("derby", "")]
KINDS = [*PUBLISHED, *((kind, "host") for kind in ("postgres", "mariadb") if installed(kind))]


@pytest.fixture
def sources(amqctl_home: Path) -> Sources:
    return Sources(cache=amqctl_home / "cache")


@dataclass(frozen=True)
class Database:
    """One server's node directory; its processes come and go."""

    server: Server
    site: Site
    target: Target

    @property
    def kind(self) -> str:
        return self.server.kind

    def set_up(self) -> bool:
        data = Path(self.site.data)
        data.parent.mkdir(parents=True, exist_ok=True)
        return companions.set_up(self.kind, self.server.programs, data, ADMIN, self._account(), silent)

    @contextmanager
    def running(self, admin_password: str = ADMIN) -> Iterator[subprocess.Popen[bytes]]:
        account = self._account()
        recipe = engine(self.kind).process(self.server.programs, self.site, {}, admin_password)
        companions.lay_out(recipe, self.site, account)
        line = account.command(recipe.command) if account else recipe.command
        log = Path(self.site.node) / "log"
        with log.open("ab") as out:
            process = subprocess.Popen(line, stdout=out, stderr=out, env=dict(recipe.environment), cwd="/")

        def ready() -> Greeting:
            assert process.poll() is None, log.read_text()
            seen = databases.greeting(self.kind, self.target.address, 2)
            if not seen.ready:
                raise NotYet(seen.seen)
            return seen

        try:
            until(ready, what=f"{self.kind} is ready", within=60, every=0.02)
            yield process
        finally:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()
            process.wait()
            psutil.wait_procs(children, timeout=10)  # PostgreSQL's see their parent gone

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        recipe = engine(self.kind).process(self.server.programs, self.site, {}, ADMIN)
        process.send_signal(getattr(signal, recipe.stop_signal))
        return process.wait(30)

    def query(self, login: Login, sql: str) -> list[databases.Row]:
        return databases.rows(self.target, login, "amq", sql)

    def _account(self) -> companions.Account | None:
        paths = companions.reach(self.server.programs, self.site)
        found = companions.account(paths)
        assert companions.problem(found, paths) is None
        return found


def database(kind: str, version: str, sources: Sources, place: Path) -> Database:
    server = companions.obtain_server(kind, sources, silent, version=version.replace("host", ""))
    return placed(server, sources, place)


def placed(server: Server, sources: Sources, place: Path) -> Database:
    kind = server.kind
    (port,) = training.free_ports()[:1]
    node = place / "a node"  # a blank: paths are quoted everywhere
    site = Site(str(node), str(node / "data"), str(node / "conf"), str(node / "tmp"), "127.0.0.1", port)
    ij: tuple[str, ...] = ()
    if kind == "derby":
        jars = companions.obtain_jars(derby.CLIENT_JARS, sources, silent)
        ij = derby.ij_command(server.programs.server, tuple(str(jar) for jar in jars))
    return Database(server, site, Target(kind, Address("127.0.0.1", port), ij))


@pytest.fixture(params=KINDS, ids=lambda kind: "-".join(word for word in kind if word))
def db(request: pytest.FixtureRequest, sources: Sources, tmp_path: Path) -> Database:
    return database(*request.param, sources, tmp_path)


USER = Login("broker", 'bro\'ker\\ "pw"')
WANTED = Wanted("amq", USER.user, USER.password)


def test_from_nothing_to_tables_and_back(db: Database) -> None:
    assert db.set_up()
    assert not db.set_up(), "the second time nothing is to be done"
    with db.running() as process:
        databases.ensure(db.target, ADMIN, [WANTED])
        databases.ensure(db.target, ADMIN, [WANTED, Wanted("other", "broker2", "pw2")])
        assert databases.tables(db.target, USER, "amq") == []
        db.query(USER, "CREATE TABLE ACTIVEMQ_LOCK (ID INTEGER, BROKER_NAME VARCHAR(250))")
        db.query(USER, "INSERT INTO ACTIVEMQ_LOCK VALUES (1, 'a|b'), (2, NULL)")
        assert databases.tables(db.target, USER, "amq") == ["activemq_lock"]
        assert db.query(USER, "SELECT * FROM ACTIVEMQ_LOCK ORDER BY ID") == [("1", "a|b"), ("2", None)]
        assert databases.tables(db.target, Login("broker2", "pw2"), "other") == []
        assert db.stop(process) in (0, 143)
    with db.running() as process:
        assert databases.tables(db.target, USER, "amq") == ["activemq_lock"]
        process.kill()
    with db.running():
        assert db.query(USER, "SELECT COUNT(*) FROM ACTIVEMQ_LOCK") == [("2",)]


def test_nobody_gets_in_without_the_password(db: Database) -> None:
    db.set_up()
    with db.running():
        databases.ensure(db.target, ADMIN, [WANTED])
        for login in (Login(USER.user, "wrong"), Login(USER.user, ""), Login(engine(db.kind).ADMIN, "wrong"),
                      Login(engine(db.kind).ADMIN, ""), Login("nobody", "")):  # fmt: skip
            with pytest.raises(LoginRefused) as caught:
                databases.tables(db.target, login, "amq")
            assert ADMIN not in str(caught.value)
        with pytest.raises(LoginRefused) as caught:
            databases.ensure(db.target, "wrong", [WANTED])
        assert "another password" in caught.value.hint
        changed = replace(WANTED, password="changed")
        databases.ensure(db.target, ADMIN, [changed])
        assert databases.tables(db.target, Login(USER.user, "changed"), "amq") == []
        with pytest.raises(LoginRefused):
            databases.tables(db.target, USER, "amq")
    written = b"".join(path.read_bytes() for path in Path(db.site.node).glob("log*"))
    assert ADMIN.encode() not in written and USER.password.encode() not in written


def test_on_loopback_only_and_never_as_root(db: Database) -> None:
    db.set_up()
    with db.running() as process:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert all(uid != 0 for each in family if each.is_running() for uid in each.uids())
        # of the one that listens: PostgreSQL's workers come and go
        listening = [c.laddr for c in family[0].net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert {(ip.removeprefix("::ffff:"), port) for ip, port in listening} == {("127.0.0.1", db.site.port)}
        line = " ".join(family[0].cmdline())
        assert "password" not in line and "three" not in line
        assert db.site.node in line, "by that its processes are found"
        assert "three" not in str(family[0].environ())
        for path in Path(db.site.conf).iterdir():
            assert path.stat().st_mode & 0o777 == 0o600, path
        assert Path(db.site.data).stat().st_mode & 0o007 == 0


def test_nobody_there_is_said(db: Database) -> None:
    assert databases.greeting(db.kind, db.target.address, 1) == Greeting(False, "nobody listens")
    with pytest.raises(Unanswered):
        databases.tables(db.target, USER, "amq")


# Run in a process of its own, which is killed while the set-up's command is at it.
SET_UP = """
import sys
from pathlib import Path
from amqctl.events import silent
from amqctl.provision import companions
from amqctl.provision.sources import Sources
kind, version, cache, data = sys.argv[1:5]
server = companions.obtain_server(kind, Sources(cache=Path(cache)), silent, version=version)
account = companions.account([Path(server.programs.server), Path(data)])
companions.set_up(kind, server.programs, Path(data), "secret", account, silent)
"""


@pytest.mark.parametrize(
    ("kind", "version", "file"), [("postgres", "16", "PG_VERSION"), ("mariadb", "10.11.5", "ibdata1")]
)
def test_killed_in_the_set_up_then_good_again(
    kind: str, version: str, file: str, sources: Sources, tmp_path: Path
) -> None:
    db = database(kind, version, sources, tmp_path)
    data = Path(db.site.data)
    data.parent.mkdir()
    line = [sys.executable, "-c", SET_UP, kind, version, str(sources.cache), str(data)]
    maker = subprocess.Popen(line)
    try:
        until(lambda: _begun(data.parent, file), what=f"the set-up has made {file}", within=60, every=0.005)
    finally:
        maker.kill()
        assert maker.wait() == -signal.SIGKILL, "it had ended before it was killed"
    assert not data.exists()
    assert list(data.parent.glob(".data.setup-*"))
    assert db.set_up()
    assert sorted(path.name for path in data.parent.iterdir()) == ["data"]
    with db.running():
        databases.ensure(db.target, ADMIN, [WANTED])
    until(lambda: _none_left(data.parent), what="no process is left", within=10)


def _begun(node: Path, file: str) -> None:
    if not list(node.glob(f".data.setup-*/work/data/{file}")):
        raise NotYet("nothing there")


def _none_left(node: Path) -> None:
    for process in psutil.process_iter(["cmdline"]):
        if any(str(node) in word for word in process.info["cmdline"] or []):
            raise NotYet(str(process))


def test_data_of_another_major_version_is_refused(sources: Sources, tmp_path: Path) -> None:
    db = database("postgres", "16", sources, tmp_path)
    db.set_up()
    marked = Path(db.site.data) / "PG_VERSION"
    assert companions.kept_version("postgres", Path(db.site.data)) == "16"
    marked.write_text("13\n")
    with pytest.raises(CannotRun, match="was made by PostgreSQL 13") as caught:
        db.set_up()
    assert "version: 13" in str(caught.value)


@pytest.mark.parametrize("kind", ["mariadb", *(["mysql"] if installed("mysql") else [])])
def test_a_new_administrators_password_is_taken_over_at_the_next_start(
    kind: str, sources: Sources, tmp_path: Path
) -> None:
    db = database(kind, "", sources, tmp_path)
    db.set_up()
    with db.running() as process:
        databases.ensure(db.target, ADMIN, [WANTED])
        db.stop(process)
    with db.running("another") as process:
        databases.ensure(db.target, "another", [WANTED])
        with pytest.raises(LoginRefused):
            databases.ensure(db.target, ADMIN, [WANTED])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
@pytest.mark.parametrize(("kind", "version"), PUBLISHED)
def test_without_a_capability_where_everybody_may_enter(kind: str, version: str, sources: Sources) -> None:
    """The tests above run below a directory that is closed to others, as /root is; this one does not."""
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="amqctl-open-", dir="/tmp"))
    try:
        place.chmod(0o755)
        server = companions.obtain_server(kind, sources, silent, version=version)
        db = placed(in_the_open(server, place), sources, place)
        found = companions.account(companions.reach(db.server.programs, db.site))
        assert found is not None
        assert not found.keep_files, "everybody may enter"
        assert db.set_up()
        with db.running() as process:
            held = Path(f"/proc/{process.pid}/status").read_text()
            assert "CapEff:\t0000000000000000" in held
    finally:
        shutil.rmtree(place)


def in_the_open(server: Server, place: Path) -> Server:
    """The same programs, and a JVM where it is one, once more below `place`: the cache may be closed to others."""
    programs = server.programs
    home = Path(programs.home)
    if programs.jars:
        java = Path(programs.server).resolve()
        again = linked(java.parent.parent, place / "java") / "bin" / java.name
        jars = [linked(Path(jar), place / Path(jar).name) for jar in programs.jars]
        moved = replace(programs, server=str(again), jars=tuple(str(jar) for jar in jars))
    else:
        there = linked(home, place / "programs")
        at = {
            field: str(there / Path(path).relative_to(home))
            for field in ("server", "setup", "home", "messages")
            if (path := getattr(programs, field))
        }
        moved = replace(programs, **at)
    return replace(server, programs=moved)


def linked(what: Path, to: Path) -> Path:
    """As hard links where they are on one disk: a server is 300 MB."""

    def link(old: str, new: str) -> str:
        try:
            os.link(old, new)
        except OSError:
            shutil.copy2(old, new)
        return new

    if what.is_file():
        link(str(what), str(to))
    else:
        shutil.copytree(what, to, copy_function=link, symlinks=True)
        to.chmod(0o755)
    return to
