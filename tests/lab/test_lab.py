"""The lab itself: each piece does what the tests believe of it, and leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import docker
import psutil
import pytest
from docker.errors import APIError, DockerException

from amqctl.wait import NotYet, until
from tests.lab import base, official
from tests.lab.forwarder import engine_over_tcp
from tests.lab.mounts import in_other_mounts
from tests.lab.private import PrivateEngine, private_engine

pytestmark = [pytest.mark.real, pytest.mark.docker, pytest.mark.engine]
SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]


@pytest.fixture
def client(base_image: str):
    with closing(docker.from_env(timeout=120)) as connected:
        yield connected


def test_the_base_image_has_a_jre_17_and_nothing_set(client: docker.DockerClient) -> None:
    said = client.containers.run(base.NAME, ["java", "-version"], stderr=True, remove=True).decode()
    assert 'version "17.' in said
    config = client.images.get(base.NAME).attrs["Config"]
    assert not any(config.get(key) for key in ("Cmd", "Entrypoint", "Env", "User", "WorkingDir", "Volumes"))


@pytest.mark.parametrize("version", official.VERSIONS)
def test_the_official_image_is_as_the_real_one(client: docker.DockerClient, version: str) -> None:
    official.ensure(version)
    image = client.images.get(official.name(version))
    assert image.attrs["Config"]["Entrypoint"] == ["/usr/local/bin/entrypoint.sh"]
    assert image.attrs["Config"]["Cmd"] == ["activemq", "console"]
    look = "id -un; cd $ACTIVEMQ_HOME; pwd; touch data/x conf/x && ls lib | grep activemq-broker; which activemq"
    said = client.containers.run(image, ["-c", look], entrypoint="bash", remove=True).decode().split()
    home = "/opt/apache-activemq"
    assert said == ["activemq", home, f"activemq-broker-{version}.jar", f"{home}/bin/activemq"]


def test_the_official_entrypoint_starts_a_broker_and_keeps_sigterm_from_it(client: docker.DockerClient) -> None:
    """What amqctl has to work around: `docker stop` returns, and the broker never said that it is shut down."""
    official.ensure("5.18.3")
    container = client.containers.run(official.name("5.18.3"), detach=True)
    try:

        def started() -> None:
            if b"Apache ActiveMQ 5.18.3 (localhost" not in container.logs() or b" started" not in container.logs():
                raise NotYet(container.logs()[-300:].decode())

        until(started, what="the broker started", within=60, every=0.3)
        container.stop(timeout=30)
        assert b"Received signal, stopping ActiveMQ" in container.logs()
        assert b"is shutdown" not in container.logs()
    finally:
        container.remove(force=True, v=True)


def test_the_forwarder_passes_requests_and_streams(client: docker.DockerClient) -> None:
    container = client.containers.run(base.NAME, SLEEP, detach=True)
    try:
        with engine_over_tcp() as url:
            assert url.startswith("tcp://127.0.0.1:")
            far = docker.DockerClient(base_url=url, timeout=30)
            assert far.containers.get(container.id).status in ("created", "running")
            code, said = far.containers.get(container.id).exec_run(["sh", "-c", "seq 1 20000"])
            assert (code, len(said.split())) == (0, 20000)
            # the docker command closes its half first and reads on: both halves must be kept apart
            ran = subprocess.run(
                ["docker", "--host", url, "exec", "-i", container.id, "sh", "-c", "cat; echo end"],
                input=b"x" * 300_000,
                capture_output=True,
                timeout=30,
            )
            assert ran.stdout == b"x" * 300_000 + b"end\n", ran.stderr
        with pytest.raises(DockerException):
            docker.DockerClient(base_url=url, timeout=3).version()
    finally:
        container.remove(force=True, v=True)


def test_an_engine_sees_nothing_of_other_mounts(tmp_path: Path, client: docker.DockerClient) -> None:
    """A file written there can be read there, and neither outside nor by a container that mounts its place."""
    hidden, kept = tmp_path / "hidden", tmp_path / "kept"
    hidden.mkdir()
    kept.mkdir()
    (kept / "cached").write_text("cached")
    script = f"cat {hidden}/cache/cached; echo secret > {hidden}/file; docker ps -q >/dev/null && cat {hidden}/file; "
    script += f"docker run --rm -v {hidden}:/mnt {base.NAME} find /mnt -type f"
    line = in_other_mounts(["sh", "-c", script], hidden=[hidden], shown={hidden / "cache": kept})
    ran = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("cachedsecret\n", "")
    assert list(hidden.iterdir()) == []


def test_the_command_line_fails_with_one_line_where_no_engine_can_be_had(tmp_path: Path) -> None:
    env = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none", "AMQCTL_TEST_HOME": str(tmp_path)}
    line = [sys.executable, "-m", "tests.lab", "all"]
    ran = subprocess.run(line, env=env, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr == f"lab engine: DOCKER_HOST is unix://{tmp_path}/none, and no engine answers there\n"


def test_an_engine_of_ones_own_works_beside_the_other(base_image: str) -> None:
    """Names, published ports, a full disk, a restart, a sudden end; and after it nothing is left."""
    before = _world()
    with private_engine("1g") as engine:
        engine.load(base.NAME)
        _names_and_ports(engine)
        _a_full_disk(engine)
        _a_restart(engine)
        engine.kill()
        with pytest.raises(DockerException), engine.client():
            pytest.fail("it answers")
    assert not engine.home.exists()
    assert _world() == before


def _world() -> list[str]:
    """What a second engine must leave as it is: devices, mounts, processes, the rules that the first one made.

    Others may use the first engine meanwhile: what comes and goes with its containers is not looked at.
    """
    devices = sorted(d for d in psutil.net_if_addrs() if not d.startswith(("veth", "br-")))
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if "/tmp/lab-" in line]
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [r for r in rules if r.startswith("-A") and " br-" not in r and "--dport" not in r]
    processes = [p.pid for p in psutil.process_iter(["cmdline"]) if "/tmp/lab-" in " ".join(p.info["cmdline"] or [])]
    return [*devices, *mounts, *ours, *map(str, processes)]


def _names_and_ports(engine: PrivateEngine) -> None:
    with engine.client() as mine:
        mine.networks.create("inner")
        serve = "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 9000, Listen => 5) or die;"
        serve += "$SIG{TERM} = sub { exit };"
        serve += 'while (my $c = $s->accept) { print $c "hello\\n"; close $c }'
        box = mine.containers.run(
            base.NAME, ["perl", "-e", serve], name="server", detach=True, network="inner",
            ports={"9000/tcp": ("127.0.0.1", None)}, restart_policy={"Name": "unless-stopped"},
        )  # fmt: skip
        box.reload()
        port = int(box.ports["9000/tcp"][0]["HostPort"])
        until(lambda: _hello(port), what="the published port answers", within=10)
        ask = ["bash", "-c", "cat < /dev/tcp/server/9000"]
        assert mine.containers.run(base.NAME, ask, network="inner", remove=True) == b"hello\n"


def _hello(port: int) -> None:
    ran = subprocess.run(["bash", "-c", f"cat < /dev/tcp/127.0.0.1/{port}"], capture_output=True, timeout=5)
    if ran.stdout != b"hello\n":
        raise NotYet(ran.stderr.decode())


def _a_full_disk(engine: PrivateEngine) -> None:
    engine.fill()
    with engine.client() as mine:
        with pytest.raises(APIError, match="no space left"):
            mine.containers.create(base.NAME, ["true"], name="no-room")
        engine.make_room()
        mine.containers.create(base.NAME, ["true"], name="room").remove()


def _a_restart(engine: PrivateEngine) -> None:
    """What has the policy comes back with the engine."""
    with engine.client() as mine:
        before = mine.containers.get("server").attrs["State"]["StartedAt"]
    engine.restart()
    with engine.client() as mine:

        def back() -> None:
            state = mine.containers.get("server").attrs["State"]
            if not state["Running"] or state["StartedAt"] == before:
                raise NotYet(str(state))

        until(back, what="the container is back", within=30)
