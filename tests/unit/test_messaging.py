"""`send` and `recv` right after a kill wait for the takeover, and not for one that cannot come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from amqctl.cluster.messaging import NoMaster, connected, stomp_address
from amqctl.cluster.model import Address
from amqctl.cluster.observation import Observation, Seen
from amqctl.cluster.stomp import NotConnected
from amqctl.cluster.tls import NotAdmitted
from amqctl.errors import AmqctlError, BadUsage, NeverHappened
from amqctl.plan.model import Plan
from amqctl.plan.state import NodeState, State
from tests.fakes import FakeClock
from tests.plans import two_pairs
from tests.unit.test_observation import observed

DOWN, LEADING = Seen(alive=False), Seen(alive=True, serving=True, slave=False)


class Looks:
    """A cluster that looks different each time it is looked at; the last look stays."""

    def __init__(self, *looks: Observation, plan: Plan | None = None) -> None:
        self.plan = plan or two_pairs()
        self.looks = list(looks)

    def observe(self, *, links: bool = True) -> Observation:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def led(**masters: str) -> Observation:
    """By group; who is no master runs and waits for the lock."""
    return observed(two_pairs(), masters, **dict.fromkeys(masters.values(), LEADING))


def states(seen: Observation, **changed: NodeState) -> Observation:
    nodes = {**seen.state.nodes, **{state.name: state for state in changed.values()}}
    return replace(seen, state=State("{}", nodes))


def to(port: Address) -> str:
    return str(port)


def test_the_first_groups_master_a_group_or_a_node() -> None:
    cluster = Looks(led(a="a-2", b="b-1"))
    assert stomp_address(cluster, None)[0] == "a-2"
    assert stomp_address(cluster, "b")[0] == "b-1"
    assert stomp_address(cluster, "master@a")[0] == "a-2"
    assert stomp_address(cluster, "a-1") == ("a-1", Address("127.0.0.1", 62613))
    with pytest.raises(BadUsage, match="no node, group or role x"):
        stomp_address(cluster, "x")


@pytest.mark.parametrize("target", [None, "a", "master@a"])
def test_a_takeover_is_waited_for_and_said_once(target: str | None) -> None:
    said: list[str] = []
    cluster = Looks(led(b="b-1"), led(b="b-1"), led(a="a-2", b="b-1"))
    name, address = connected(cluster, target, to, clock=FakeClock(), waiting=said.append)
    assert (name, address) == ("a-2", "127.0.0.1:62614")
    (line,) = said
    assert line.startswith("a has no master now (a-1 is starting, a-2 is starting); waiting up to 30 s")


def test_nobody_who_runs_is_nobody_to_wait_for() -> None:
    """Both were killed: `start` brings them back, time does not. One that its supervisor brings back is awaited."""
    seen = observed(two_pairs(), {"b": "b-1"}, **{"a-1": DOWN, "a-2": DOWN})
    dead = [NodeState(name, "created", supervised=False) for name in ("a-1", "a-2")]
    cluster = Looks(states(seen, one=dead[0], two=dead[1]), led(a="a-2"))
    with pytest.raises(NoMaster) as caught:
        connected(cluster, "a", to, clock=FakeClock())
    assert "none of its brokers runs" in caught.value.hint
    again = Looks(states(seen, one=dead[0], two=NodeState("a-2", "exited", exit_code=0)), led(a="a-2"))
    assert connected(again, "a", to, clock=FakeClock())[0] == "a-2"


def test_without_patience_and_after_it() -> None:
    clock = FakeClock()
    with pytest.raises(NoMaster):
        connected(Looks(led(b="b-1")), "a", to, within=0, clock=clock)
    assert clock.time == 0
    with pytest.raises(NeverHappened, match=r"a has a master: not within 30 s; last seen: a has no master now"):
        connected(Looks(led(b="b-1")), "a", to, clock=clock)
    assert clock.time == pytest.approx(30)


class Refusing:
    """Nobody completes a connection so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked: list[int] = []

    def __call__(self, address: Address) -> int:
        self.asked.append(address.port)
        if len(self.asked) <= self.times:
            raise NotConnected(f"{address}: nobody completes a connection")
        return address.port


def test_one_that_is_killed_between_the_look_and_the_connection() -> None:
    connect = Refusing(1)
    cluster = Looks(led(a="a-1"), led(), led(a="a-2"))
    assert connected(cluster, "a", connect, clock=FakeClock()) == ("a-2", 62614)
    assert connect.asked == [62613, 62614]


@pytest.mark.parametrize(("target", "looks"), [("a", [{"a": "a-1"}]), ("a-1", [{"a": "a-1"}, {"a": "a-2"}])])
def test_one_that_leads_and_declines_us_or_a_node_by_name_is_not_waited_for(
    target: str, looks: Sequence[dict[str, str]]
) -> None:
    connect = Refusing(9)
    with pytest.raises(NotConnected):
        connected(Looks(*(led(**masters) for masters in looks)), target, connect, clock=FakeClock())
    assert connect.asked == [62613]


def test_who_is_not_let_in_is_told_why_at_once() -> None:
    why = NotAdmitted("user admin is refused", hint="its password")
    cluster = Looks(observed(two_pairs(), {}, **{"a-1": Seen(alive=True, refused=why)}))
    with pytest.raises(AmqctlError, match="user admin is refused"):
        connected(cluster, "a", to, clock=FakeClock())
