"""Steps are decided from two snapshots; the lines are what the dry run prints."""

from __future__ import annotations

from amqctl.plan.reconcile import reconcile, start_order
from amqctl.plan.state import NodeState, State
from tests.plans import a_pair, files_of, running

NOTHING = State(intent=None, nodes={})


def lines(plan, files, state, masters=None) -> list[str]:
    return [str(s) for s in reconcile(plan, files, state, masters or {})]


def test_a_new_cluster_is_created_and_started() -> None:
    plan = a_pair()
    assert lines(plan, files_of(plan), NOTHING) == [
        "create orders-1: it does not exist",
        "create orders-2: it does not exist",
        "start orders-1: it is new",
        "start orders-2: it is new",
    ]


def test_what_runs_as_it_should_is_left_alone() -> None:
    plan = a_pair()
    files = files_of(plan)
    assert lines(plan, files, running(plan, files)) == []


def test_what_changed_is_replaced_the_master_last() -> None:
    plan = a_pair()
    before, after = files_of(plan), files_of(plan, **{"activemq.xml": "other", "new": "x"})
    assert lines(plan, after, running(plan, before), {"orders": "orders-1"}) == [
        "replace orders-2: activemq.xml, new changed",
        "replace orders-1: activemq.xml, new changed",
    ]


def test_a_node_that_ended_is_started_and_says_how_it_ended() -> None:
    plan = a_pair()
    files = files_of(plan)
    state = running(plan, files)
    nodes = {
        **state.nodes,
        "orders-2": NodeState("orders-2", "exited", exit_code=3, files=state.nodes["orders-2"].files),
    }
    assert lines(plan, files, State("{}", nodes)) == ["start orders-2: it ended by itself with exit code 3"]


def test_a_stopped_node_whose_files_changed_is_created_anew_then_started() -> None:
    plan = a_pair()
    state = running(plan, files_of(plan))
    nodes = {**state.nodes, "orders-1": NodeState("orders-1", "created", files={})}
    assert lines(plan, files_of(plan), State("{}", nodes)) == [
        "create orders-1: activemq.xml changed",
        "start orders-1: it is not running",
    ]


def test_a_node_without_a_supervisor_is_replaced() -> None:
    plan = a_pair()
    files = files_of(plan)
    state = running(plan, files)
    alone = NodeState("orders-1", "running", supervised=False, files=state.nodes["orders-1"].files)
    assert lines(plan, files, State("{}", {**state.nodes, "orders-1": alone})) == [
        "replace orders-1: nobody would bring it back if it ended"
    ]


def test_a_node_that_left_the_topology_is_removed() -> None:
    plan = a_pair()
    files = files_of(plan)
    state = running(plan, files)
    extra = State("{}", {**state.nodes, "orders-3": NodeState("orders-3", "running")})
    assert lines(plan, files, extra) == ["remove orders-3: not in the topology"]


def test_the_first_listed_gets_a_head_start_unless_its_group_is_led_already() -> None:
    plan = a_pair()
    names = [n.name for n in plan.nodes]
    first, then = start_order(plan, names, {})
    assert ([n.name for n in first], [n.name for n in then]) == (["orders-1"], ["orders-2"])
    first, then = start_order(plan, ["orders-1"], {"orders": "orders-2"})
    assert ([n.name for n in first], then) == (["orders-1"], [])
