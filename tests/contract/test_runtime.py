"""Every promise of the seam, on the fake and on every real runtime. One suite, no copies."""

from __future__ import annotations

import pytest

from amqctl.errors import AmqctlError
from amqctl.plan.model import digest
from amqctl.wait import NotYet, until
from tests.contract.harness import PATIENCE, created, planned, serving, started


def test_place_is_plain_data_and_the_same_each_time(open_harness) -> None:
    harness = open_harness("c1")
    runtime, settled = harness.runtime, planned(harness)[0].settled
    one, two = runtime.place("n-1", settled), runtime.place("n-2", settled)
    assert one == runtime.place("n-1", settled)
    assert (one.inside, one.data) != (two.inside, two.data)
    assert one.stores == two.stores


def test_check_and_observe_change_nothing(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = planned(harness)
    assert harness.runtime.check(plan) == []
    state = harness.runtime.observe()
    assert state.intent is None
    assert state.nodes == {}
    assert not harness.has_data()


def test_prepare_records_the_intent_and_may_be_repeated(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = planned(harness)
    harness.runtime.prepare(plan)
    harness.runtime.prepare(plan)
    assert harness.runtime.observe().intent == plan.intent
    assert harness.runtime.observe().nodes == {}


def test_create_makes_a_node_with_these_files_that_does_not_run(open_harness) -> None:
    harness = open_harness("c1")
    plan, files = created(harness)
    node = harness.runtime.observe().nodes["n-1"]
    assert node.status == "created"
    assert node.pid is None
    assert node.files == {name: digest(text) for name, text in files["n-1"].items()}
    place = plan.node("n-1").place
    assert node.published == ((place.published,) if place.published else ())
    assert place.network in (*node.networks, "")


def test_create_again_leaves_only_the_new_files(open_harness) -> None:
    harness = open_harness("c1")
    plan, files = created(harness)
    fewer = {k: v for k, v in files["n-1"].items() if k != "groups.properties"}
    harness.runtime.create(plan.node("n-1"), fewer)
    assert set(harness.runtime.observe().nodes["n-1"].files) == set(fewer)


def test_a_file_is_there_as_it_was_given_and_for_its_user_alone(open_harness) -> None:
    """Whatever is in it: other scripts, no newline at its end, a megabyte, nothing at all."""
    harness = open_harness("c1")
    plan, files = planned(harness)
    harness.runtime.prepare(plan)
    odd = {
        "script.txt": "naïve 漢字 🐇 \r\n\ttab ${HOME} `x` 'q' \"d\"",
        "large.txt": "0123456789abcde\n" * 65536,
        "empty.txt": "",
        "with space.txt": "x",
    }
    harness.runtime.create(plan.node("n-1"), {**files["n-1"], **odd})
    seen = harness.runtime.observe().nodes["n-1"].files
    for name, text in odd.items():
        assert harness.file("n-1", name) == (text, 0o600), name
        assert seen[name] == digest(text)


def test_a_create_that_was_cut_short_does_not_show_as_done(open_harness) -> None:
    """The last file is one that no file system takes: those before it may be there, the node is not as wanted."""
    harness = open_harness("c1")
    plan, files = created(harness)
    new = {name: f"{text}\n" for name, text in files["n-1"].items()}
    torn = {**new, "x" * 300: ""}
    harness.runtime.remove("n-2")
    for node in ("n-1", "n-2"):
        with pytest.raises(AmqctlError):
            harness.runtime.create(plan.node(node), torn)
        found = harness.runtime.observe().nodes.get(node)
        assert found is None or found.files != {name: digest(text) for name, text in torn.items()}
        assert found is None or found.status == "created"
        harness.runtime.create(plan.node(node), files[node])
        assert harness.runtime.observe().nodes[node].files == {n: digest(t) for n, t in files[node].items()}
    started(harness, plan, "n-1")


def test_start_launches_and_a_second_start_is_nothing(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    first = harness.runtime.observe().nodes["n-1"]
    assert first.status == "running"
    assert first.pid
    assert first.started_at
    assert first.supervised
    harness.runtime.start("n-1")
    assert harness.runtime.observe().nodes["n-1"].pid == first.pid


def test_start_of_what_does_not_exist_is_an_error_with_advice(open_harness) -> None:
    with pytest.raises(AmqctlError, match="n-9 does not exist"):
        open_harness("c1").runtime.start("n-9")


def test_kill_is_gone_on_return_and_stays_down_until_start(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    before = harness.runtime.observe().nodes["n-1"].pid
    harness.runtime.kill("n-1")
    assert harness.runtime.observe().nodes["n-1"].status == "created"
    assert harness.runtime.check(plan) == []  # its ports are free
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    assert harness.runtime.observe().nodes["n-1"].pid != before


def test_what_was_killed_or_stopped_stays_down_while_others_come_up(open_harness) -> None:
    """In spite of whatever brings back what ends by itself: the next broker has long taken over, and it is down."""
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    for end in (harness.runtime.kill, lambda node: harness.runtime.stop(node, grace=30)):
        end("n-1")
        started(harness, plan, "n-2")
        assert harness.runtime.observe().nodes["n-1"].status == "created"
        end("n-2")
        started(harness, plan, "n-1")
        assert harness.runtime.observe().nodes["n-2"].status == "created"


def test_kill_and_stop_of_what_does_not_run_are_nothing(open_harness) -> None:
    harness = open_harness("c1")
    created(harness)
    for node in ("n-1", "n-9"):
        harness.runtime.kill(node)
        harness.runtime.stop(node, grace=5)
    assert harness.runtime.observe().nodes["n-1"].status == "created"
    assert set(harness.runtime.observe().nodes) == {"n-1", "n-2"}


def test_stop_reaches_the_jvm_and_is_gone_on_return(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    harness.runtime.stop("n-1", grace=30)
    assert harness.runtime.observe().nodes["n-1"].status == "created"
    if harness.real:
        assert any(line.text.find("is shutdown") >= 0 for line in harness.runtime.logs("n-1"))


def test_what_ends_by_itself_comes_back(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    before = harness.runtime.observe().nodes["n-1"].pid
    harness.end_by_itself("n-1")

    def back() -> None:
        node = harness.runtime.observe().nodes["n-1"]
        if node.status != "running" or node.pid == before or node.restarts != 1:
            raise NotYet(str(node))

    until(back, what="n-1 is brought back", within=PATIENCE)


def test_remove_deletes_the_node_and_absent_is_fine(open_harness) -> None:
    harness = open_harness("c1")
    created(harness)
    harness.runtime.remove("n-1")
    harness.runtime.remove("n-1")
    assert set(harness.runtime.observe().nodes) == {"n-2"}
    assert harness.has_data()


def test_destroy_keeps_data_unless_asked(open_harness) -> None:
    harness = open_harness("c1")
    created(harness)
    harness.runtime.destroy(volumes=False)
    assert harness.runtime.observe() == type(harness.runtime.observe())(None, {})
    assert harness.has_data()
    harness.runtime.destroy(volumes=True)
    harness.runtime.destroy(volumes=True)
    assert not harness.has_data()


def test_two_clusters_live_side_by_side(open_harness) -> None:
    one, two, three = open_harness("c1"), open_harness("c2"), open_harness("c3")
    plan_one, _ = created(one)
    plan_two, _ = created(two, offset=100)
    started(one, plan_one, "n-1")
    started(two, plan_two, "n-1")
    one.runtime.destroy(volumes=True)
    assert two.runtime.observe().nodes["n-1"].status == "running"
    assert two.has_data()
    clash, _ = planned(three, offset=100)
    problems = three.runtime.check(clash)
    assert any("is taken by" in p.what for p in problems)
    assert all(p.fix for p in problems)


def test_names_that_read_alike_are_kept_apart(open_harness) -> None:
    """Node c of cluster a-b and node b-c of cluster a; groups that differ in a character that some must escape."""
    one, two = open_harness("a-b"), open_harness("a")
    alike = {"g.x": ["c", "b-c"], "g-x": ["d"], "g_x": ["e"]}
    plan_one, _ = created(one, alike)
    plan_two, _ = created(two, alike, offset=100)
    assert set(one.runtime.observe().nodes) == set(two.runtime.observe().nodes) == {"c", "b-c", "d", "e"}
    started(one, plan_one, "c", "d", "e")  # each serves only if it has its store for itself
    started(two, plan_two, "b-c")
    one.runtime.kill("c")
    one.runtime.remove("b-c")
    assert two.runtime.observe().nodes["b-c"].status == "running"
    one.runtime.destroy(volumes=True)
    assert set(two.runtime.observe().nodes) == {"c", "b-c", "d", "e"}
    assert two.has_data()
    assert not one.has_data()


def test_logs_have_times_and_since_cuts(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    started(harness, plan, "n-1")
    lines = list(harness.runtime.logs("n-1"))
    assert lines
    assert all(line.node == "n-1" for line in lines)
    assert list(harness.runtime.logs("n-1", since=lines[-1].at + 3600)) == []


def test_last_lines_are_the_end_of_the_log_and_of_an_absent_node_there_are_none(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness)
    assert harness.runtime.last_lines("no-such") == []
    started(harness, plan, "n-1")
    before = {line.text for line in harness.runtime.logs("n-1")}
    assert before <= {line.text for line in harness.runtime.last_lines("n-1")}
