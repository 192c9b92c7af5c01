"""What verbs open: under the cluster's lock, and with the sources that they were told to use."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from amqctl.cli import session
from amqctl.cluster.intent import Intent, plan_of
from amqctl.errors import BadUsage, NotProvisioned
from amqctl.events import Event
from amqctl.runtimes import existing
from tests.fake_runtime import FakeRuntime
from tests.unit.commandline import MAIN
from tests.unit.fake_maven import FakeMaven

DERBY = """
apiVersion: amqctl/v1
name: t
companions: {db: derby}
groups: {orders: {brokers: 2, store: {jdbc: {server: db, database: activemq, locker: lease}}}}
"""


@pytest.mark.parametrize("named", ["ms-plus-cluster", None])
def test_what_a_cluster_is_asked_to_be_is_read_when_it_is_held(named: str | None, recorded: Path, home: Path) -> None:
    """Another `up` works on it while this one waits, and has it run another version."""
    lock = FileLock(home / "state" / "locks" / "ms-plus-cluster.lock")
    Path(lock.lock_file).parent.mkdir(parents=True)
    lock.acquire()

    def tell(event: Event) -> None:
        assert "another amqctl is at it" in event.text
        (recorded / "intent.json").write_text(Intent(MAIN, None, versions={"amq1": "6.1.6"}).dump())
        lock.release()

    with session.held(named, session.world(tell)) as opened:
        assert opened.plan.node("amq1").broker.version == "6.1.6"
        with pytest.raises(TimeoutError):
            lock.acquire(timeout=0)


def test_a_cluster_that_went_while_it_was_waited_for(recorded: Path, home: Path) -> None:
    gone = existing("ms-plus-cluster", session.world())
    lock = FileLock(home / "state" / "locks" / "ms-plus-cluster.lock")
    Path(lock.lock_file).parent.mkdir(parents=True)
    lock.acquire()

    def tell(event: Event) -> None:
        gone.destroy(volumes=True)
        lock.release()

    with pytest.raises(BadUsage, match="no cluster ms-plus-cluster"):
        with session.held("ms-plus-cluster", session.world(tell)):
            pass


def test_offline_is_offline_for_derbys_shell_too(home: Path, maven: FakeMaven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQCTL_MAVEN_MIRROR", maven.url)
    plan = plan_of(Intent(DERBY, None), FakeRuntime("t", {}).place)
    passwords = dict.fromkeys((s.name for s in plan.settled.secrets), "x")
    here = session.world(offline=True)
    cluster = session.cluster_of(plan, FakeRuntime("t", {}), passwords, here)
    with pytest.raises(NotProvisioned):
        cluster.access.ij()
    assert not maven.asked
