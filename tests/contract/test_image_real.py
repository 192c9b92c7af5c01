"""Images on a real engine: built whole or not at all, run as nobody special, and looked into without being started."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from amqctl.activemq import containers, launch
from amqctl.activemq.versions import caps
from amqctl.errors import CannotRun, NodeDied, NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision import dist, training
from amqctl.provision import image as image_
from amqctl.provision.engine import Engine, connect
from amqctl.provision.image import Image, built, existing, listing, pulling
from amqctl.provision.image.model import tag
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings
from amqctl.wait import NotYet, until

pytestmark = [pytest.mark.real, pytest.mark.docker]

VERSIONS = ["5.18.3", "6.1.7"]
JVM = JvmSettings("256m", "fast-start")


@pytest.fixture
def base(request: pytest.FixtureRequest) -> str:
    return os.environ.get("AMQCTL_BASE_IMAGE") or request.getfixturevalue("base_image")


@pytest.fixture
def engine(base: str) -> Engine:
    return connect(os.environ)


@pytest.fixture
def sources(amqctl_home: Path) -> Sources:
    return Sources(cache=amqctl_home / "cache")


@pytest.fixture
def own(engine: Engine, base: str, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Bases of this test alone, so what is built on them is too: all of it is removed afterwards."""
    made: list[str] = []
    api: Any = engine.client.api

    def own_(*instructions: str) -> str:
        name = f"amqctl-test/{tmp_path.name.lower()}-{os.getpid()}:{len(made)}"
        text = "\n".join([f"FROM {base}", *instructions, f"LABEL amqctl-test={name}"])
        engine.client.images.build(fileobj=io.BytesIO(text.encode()), tag=name, rm=True, forcerm=True)
        made.append(name)
        return name

    yield own_
    for name in made:
        for row in listing(engine):
            if row.base == name:
                api.remove_image(row.ref, force=True)
        for left in api.images(filters={"label": f"{containers.BASE}={name}", "dangling": True}):
            api.remove_image(left["Id"], force=True)
        api.remove_image(name, force=True)


def nothing_left(engine: Engine, base: str) -> None:
    """No container and no nameless image of a build on `base`."""
    label = f"{containers.BASE}={base}"
    assert engine.client.api.containers(all=True, filters={"label": label}) == []
    assert engine.client.api.images(filters={"label": label, "dangling": True}) == []


# --- built ---------------------------------------------------------------------------------------------------------


@contextmanager
def broker_in(image: Image, engine: Engine, place: Path) -> Iterator[tuple[Any, training.Ports, str]]:
    """One broker in a container of `image`, on this host's network; its configuration is copied in."""
    ports = training.free_ports()
    place.mkdir()
    _, password = training.lay_out(image.version, JVM, ports, place)
    dirs = launch.NodeDirs(containers.CONF, containers.DATA, containers.TMP, "test", ports[2])
    line = launch.command(image.java, image, dirs, JVM, caps(image.version), image.archive)
    made = engine.client.containers.create(
        image.ref, entrypoint=[], command=list(line), user=f"{image.uid}:{image.gid}", network_mode="host"
    )
    try:
        made.put_archive("/", configuration(place, image))
        made.start()
        yield made, ports, password
    finally:
        made.remove(force=True, v=True)


def configuration(place: Path, image: Image) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in sorted((place / "conf").iterdir()):
            text = path.read_text().replace(str(place), containers.ROOT).encode()
            entry = tarfile.TarInfo(f"{containers.CONF}/{path.name}".lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(text), 0o600, image.uid, image.gid
            tar.addfile(entry, io.BytesIO(text))
    return out.getvalue()


def exercise(container: Any, ports: training.Ports, password: str) -> None:
    def alive() -> None:
        container.reload()
        if container.status != "running":
            code = container.attrs["State"]["ExitCode"]
            raise NodeDied("the broker", code, container.logs().decode().splitlines()[-20:])

    training.exercise(ports, password, alive)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_broker_comes_up_from_a_built_image_as_nobody_special(
    version: str, base: str, engine: Engine, sources: Sources, tmp_path: Path
) -> None:
    image = built(version, "auto", engine, base, sources, silent)
    assert image.archive is not None
    assert (image.uid, image.gid) == (10001, 10001)
    with broker_in(image, engine, tmp_path / "node") as (container, ports, password):
        exercise(container, ports, password)
        assert container.exec_run(["id", "-u"]).output.strip() == b"10001"
        assert container.exec_run(["touch", f"{containers.HOME}/x"]).exit_code != 0
        container.stop(timeout=30)
        log = container.logs().decode()
    assert "is shutdown" in log
    assert "[warning][cds" not in log


def test_an_image_that_is_there_is_taken_as_it_is(base: str, engine: Engine, sources: Sources) -> None:
    first = built("5.18.3", "auto", engine, base, sources, silent)
    told: list[Event] = []
    assert built("5.18.3", "auto", engine, base, sources, told.append) == first
    assert told == []
    digest = dist.obtain("5.18.3", sources, silent).digest
    row = next(row for row in listing(engine) if row.ref == first.ref)
    assert row.ref == tag("5.18.3", digest, base, class_data=True)
    assert (row.version, row.base, row.archive) == ("5.18.3", base, True)
    assert 50_000_000 < row.own < 200_000_000 < row.size


# Run in a process of its own, which is killed once `moment` is heard.
MAKE = """
import os, signal, sys
from pathlib import Path
from amqctl.provision.engine import connect
from amqctl.provision.image import built
from amqctl.provision.sources import Sources
cache, base, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def tell(event):
    print(event.phase, event.text, flush=True)
    if moment in event.text:
        os.kill(os.getpid(), signal.SIGKILL)
print(built("5.18.3", "auto", connect(os.environ), base, Sources(cache=cache), tell).archive)
"""


def make(base: str, moment: str, sources: Sources) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", MAKE, str(sources.cache), base, moment]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_killed_build_leaves_nothing_under_the_name_and_the_next_one_is_whole(
    own: Callable[..., str], engine: Engine, sources: Sources
) -> None:
    base = own()
    for moment in ("building it", "sending", "laying out class data"):
        killed = make(base, moment, sources)
        assert killed.communicate(timeout=300)[0].strip().endswith(moment) or killed.returncode == -signal.SIGKILL
        assert killed.returncode == -signal.SIGKILL
        assert not [row for row in listing(engine) if row.base == base], moment
    again = make(base, "never", sources)
    told = again.communicate(timeout=300)[0]
    assert (again.returncode, told.splitlines()[-1]) == (0, containers.ARCHIVE), told
    until(lambda: _asserted(lambda: nothing_left(engine, base)), what="nothing is left of it", within=30)


def _asserted(check: Callable[[], None]) -> None:
    try:
        check()
    except AssertionError as exc:
        raise NotYet(str(exc)[:200]) from exc


def test_two_at_once_make_one_image(own: Callable[..., str], engine: Engine, sources: Sources) -> None:
    base = own()
    both = [make(base, "never", sources) for _ in range(2)]
    told = [process.communicate(timeout=600)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("done built" in text for text in told) == 1, told
    assert sum("another amqctl is at it" in text for text in told) == 1, told
    nothing_left(engine, base)


def test_a_java_that_makes_no_archive_means_an_image_without_one(
    own: Callable[..., str], engine: Engine, sources: Sources, tmp_path: Path
) -> None:
    script = 'case "$*" in *-Xshare:dump*) echo no class data in this Java; exit 1;; esac; exec /usr/bin/java "$@"'
    base = own(f"RUN printf '%s\\n' '#!/bin/sh' '{script}' > /usr/local/bin/java && chmod +x /usr/local/bin/java")
    for _ in range(2):
        told: list[Event] = []
        image = built("5.18.3", "auto", engine, base, sources, told.append)
        assert image.archive is None
        assert [e.text for e in told if e.phase == "warn"] == [
            "starts without a class-data archive: no class data in this Java"
        ]
    with broker_in(image, engine, tmp_path / "node") as (container, ports, password):
        exercise(container, ports, password)


# --- bases that will not do ----------------------------------------------------------------------------------------


def test_a_base_that_cannot_be_had_says_what_to_do(engine: Engine, sources: Sources) -> None:
    base = "amqctl-test/nowhere:1"
    with pytest.raises(NotProvisioned, match="could not be pulled.*(\n.*)*--base-image or AMQCTL_BASE_IMAGE"):
        built("5.18.3", "auto", engine, base, sources, silent)
    offline = Sources(cache=sources.cache, offline=True)
    with pytest.raises(NotProvisioned, match="offline"):
        built("5.18.3", "auto", engine, base, offline, silent)


def test_a_base_of_another_java_says_so(own: Callable[..., str], engine: Engine, sources: Sources) -> None:
    script = 'echo openjdk version \\"11.0.2\\"'
    base = own(f"RUN printf '%s\\n' '#!/bin/sh' '{script}' > /usr/local/bin/java && chmod +x /usr/local/bin/java")
    with pytest.raises(NotProvisioned, match="Java 11; brokers need 17"):
        built("5.18.3", "auto", engine, base, sources, silent)
    nothing_left(engine, base)


@pytest.fixture
def bare(engine: Engine) -> Iterator[str]:
    """An image with one text file in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo("etc/motd")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"hi\n"))
    name = f"amqctl-test/bare-{os.getpid()}"
    engine.client.api.import_image_from_data(out.getvalue(), repository=name, tag="1")
    yield f"{name}:1"
    engine.client.api.remove_image(f"{name}:1", force=True)


def test_an_image_without_java_is_no_base_and_no_broker(bare: str, engine: Engine, sources: Sources) -> None:
    with pytest.raises(NotProvisioned, match="has no Java"):
        built("5.18.3", "auto", engine, bare, sources, silent)
    with pytest.raises(NotProvisioned, match="holds no ActiveMQ"):
        existing(bare, "5.18.3", engine, sources, silent)
    left = engine.client.api.containers(all=True, filters={"ancestor": bare})
    assert left == []


# --- someone else's ------------------------------------------------------------------------------------------------


@pytest.fixture
def theirs(base: str, engine: Engine, sources: Sources) -> Iterator[str]:
    """5.18.3 below a link, of a user known by name: as images of old are laid out."""
    made = built("5.18.3", "auto", engine, base, sources, silent)
    name = f"amqctl-test/theirs-{os.getpid()}:1"
    text = f"""
        FROM {made.ref}
        USER 0
        RUN groupadd -r -g 711 amq && useradd -r -u 712 -g amq amq && ln -s {containers.HOME} /opt/activemq
        ENV ACTIVEMQ_HOME=/opt/activemq
        LABEL amqctl.archive=
        USER amq
        ENTRYPOINT ["/bin/false"]
        """
    engine.client.images.build(fileobj=io.BytesIO(text.encode()), tag=name, rm=True, forcerm=True)
    yield name
    engine.client.api.remove_image(name, force=True)


def test_an_image_of_the_users_is_read_without_being_started(theirs: str, engine: Engine, sources: Sources) -> None:
    image = existing(theirs, "5.18.3", engine, sources, silent)
    copy = dist.obtain("5.18.3", sources, silent)
    assert str(image.home) == containers.HOME, "the link is followed: Jetty serves nothing from below one"
    assert [jar.relative_to(image.home).as_posix() for jar in image.class_path] == [
        jar.relative_to(copy.home).as_posix() for jar in copy.class_path
    ]
    assert (image.uid, image.gid, image.archive) == (712, 711, None)
    assert existing(theirs, "5.18.3", engine, sources, silent) == image
    assert engine.client.api.containers(all=True, filters={"ancestor": theirs}) == []
    with pytest.raises(NotProvisioned, match="holds ActiveMQ 5.18.3, the topology says 6.1.7"):
        existing(theirs, "6.1.7", engine, sources, silent)


def test_all_that_is_missing_is_said_at_once(base: str, theirs: str, engine: Engine, sources: Sources) -> None:
    wanted = [("amqctl-test/a:1", "5.18.3"), (theirs, "6.1.7"), (None, "5.18.3"), ("amqctl-test/b:1", "6.1.7")]
    with pytest.raises(CannotRun) as caught:
        image_.obtain(wanted, "auto", engine, base, sources, silent)
    said = [problem.what.split()[1] for problem in caught.value.problems]
    assert said == ["amqctl-test/a:1", theirs, "amqctl-test/b:1"]


# --- a registry ----------------------------------------------------------------------------------------------------


class Registry(BaseHTTPRequestHandler):
    """Just enough of a registry for one image of one layer; engines speak plain HTTP to loopback."""

    blobs: ClassVar[dict[str, bytes]] = {}
    manifest: ClassVar[bytes] = b""

    def do_GET(self) -> None:  # noqa: N802
        kind, _, name = self.path.rpartition("/")
        if self.path == "/v2/":
            self._answer(b"{}", "application/json")
        elif kind.endswith("/manifests") and name in ("1", digest_of(self.manifest)):
            self._answer(self.manifest, MANIFEST)
        elif name in self.blobs:
            self._answer(self.blobs[name], "application/octet-stream")
        else:
            self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", digest_of(body))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: a test's output is for what went wrong."""


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def layer_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()


@pytest.fixture
def registry(engine: Engine) -> Iterator[str]:
    """The name of an image laid out as the official one, which only a registry has."""
    home = containers.HOME.lstrip("/")
    jars = [f"{home}/bin/activemq.jar", f"{home}/lib/activemq-broker-5.18.3.jar", f"{home}/lib/web/a.jar"]
    passwd = b"activemq:x:101:102::/:/bin/sh\n"
    # random: a layer that cannot be compressed is downloaded for long enough to be seen
    tar = layer_of({"etc/passwd": passwd, "big": os.urandom(8 << 20), **dict.fromkeys(jars, b"")})
    layer = gzip.compress(tar, 1)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"User": "activemq", "Env": ["JAVA_HOME=/opt/java"]},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar)]},
        }
    ).encode()
    about = [{"mediaType": "x", "size": len(body), "digest": digest_of(body)} for body in (config, layer)]
    about[0]["mediaType"] = "application/vnd.docker.container.image.v1+json"
    about[1]["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    whole = {"schemaVersion": 2, "mediaType": MANIFEST, "config": about[0], "layers": about[1:]}
    Registry.manifest = json.dumps(whole).encode()
    Registry.blobs = {digest_of(body): body for body in (config, layer)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = f"127.0.0.1:{server.server_port}/amqctl-test/official:1"
    yield name
    server.shutdown()
    server.server_close()
    engine.client.api.remove_image(name, force=True)


def test_an_image_is_pulled_from_its_registry(registry: str, engine: Engine, sources: Sources) -> None:
    assert pulling.absent(registry, engine, sources, silent) is None, "the registry says that it has it"
    assert pulling.present(registry, engine) is None, "asking downloads nothing"
    other = pulling.absent(f"{registry}-other", engine, sources, silent)
    assert other is not None
    assert "cannot be pulled" in other
    told: list[Event] = []
    image = existing(registry, "5.18.3", engine, sources, told.append)
    assert (image.uid, image.gid, image.java) == (101, 102, "/opt/java/bin/java")
    assert [jar.name for jar in image.class_path] == ["activemq.jar", "activemq-broker-5.18.3.jar", "a.jar"]
    assert [e.phase for e in told if e.total is None] == ["start", "done"]
    assert all((e.done or 0) <= e.total for e in told if e.total is not None)
