"""Frames, metrics and pictures are folds over a close look; golden files hold what they look like."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from amqctl.cluster.sight import views
from amqctl.cluster.sight.asking import node_look
from amqctl.cluster.sight.counters import ends
from amqctl.cluster.sight.spread import deepest, parts, wholes
from amqctl.report import graph, top
from amqctl.report.graph.svg import WIDE
from amqctl.report.prometheus import FAMILIES, exposition
from tests.plans import two_pairs
from tests.sights import AT, a_queue, seen_pairs

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "seeing"


def held(name: str, text: str) -> None:
    """AMQCTL_GOLDEN=1 writes it anew."""
    file = GOLDEN / name
    if os.environ.get("AMQCTL_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs; AMQCTL_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("dead", [False, True])
def test_pictures_and_frames_are_as_they_were(dead: bool) -> None:
    now, before = seen_pairs(dead=dead, taken=4), seen_pairs(dead=dead, at=AT - 2)
    name = "dead" if dead else "whole"
    drawn = graph.drawing(now)
    held(f"{name}.mmd", graph.mermaid(drawn))
    held(f"{name}.dot", graph.dot(drawn))
    held(f"{name}.svg", graph.svg(drawn))
    held(f"{name}.top.txt", top.text(views.frame(now, before, "local"), 120))
    held(f"{name}.prom", exposition(now, 0.25))


def test_counters_of_both_ends() -> None:
    near, far = ends(two_pairs().settled.links[0], seen_pairs())
    assert (near.node, near.enqueued, near.dequeued, near.received) == ("a-1", 31, 30, 0)
    assert (far.node, far.enqueued, far.dequeued, far.received, far.blocked) == ("b-1", 2, 0, 30, False)
    assert far.address == "tcp://127.0.0.1:40000"
    gone, _ = ends(two_pairs().settled.links[0], seen_pairs(dead=True))
    assert (gone.node, gone.dequeued) == ("a-1", None), "counters go with the bridge; they are not 0"


def test_the_far_end_of_a_one_way_link_counts_what_its_connection_sent() -> None:
    sight = seen_pairs()
    far = replace(sight.nodes["b-1"], bridges=(), sent={"a-to-b_a_outbound": 28})
    one_way = replace(sight, nodes={**sight.nodes, "b-1": far})
    assert ends(two_pairs(duplex=False).settled.links[0], one_way)[1].received == 28


def test_bridges_and_real_consumers_are_told_apart() -> None:
    found, unknown = parts(seen_pairs())
    orders = next(p for p in found if p.queue.name == "orders")
    assert (orders.real, orders.bridges, orders.held_by_bridges, unknown) == (1, 1, 2, [])
    assert [(w.queue, w.depth, w.groups) for w in wholes(found)] == [("orders", 30, ("b",)), ("invoices", 7, ("a",))]
    assert deepest(found) == orders
    sight = seen_pairs()
    torn = replace(sight, nodes={**sight.nodes, "b-1": replace(sight.nodes["b-1"], subscriptions=())})
    assert parts(torn)[0][1].real is None, "two reads that disagree are not known"


def test_metrics_are_what_a_parser_of_prometheus_reads() -> None:
    sight = seen_pairs()
    odd = 'with "quotes", \\ and\na second line'
    named = replace(sight.nodes["a-1"], queues=(a_queue(odd, 3),))
    families = {
        f.name: f
        for f in text_string_to_metric_families(exposition(replace(sight, nodes={**sight.nodes, "a-1": named})))
    }
    depths = {s.labels["queue"]: s.value for s in families["amqctl_queue_depth"].samples}
    assert depths == {odd: 3.0, "orders": 30.0}
    roles = {(s.labels["broker"], s.labels["role"]): s.value for s in families["amqctl_broker_role"].samples}
    assert roles[("a-1", "master")] == 1.0
    assert roles[("a-2", "waiting")] == 1.0, "a slave is there too"
    assert roles[("a-2", "master")] == 0.0
    assert {s.labels["broker"] for s in families["amqctl_broker_restarts"].samples} == {"a-1", "a-2", "b-1", "b-2"}
    received = {s.labels["end"]: s.value for s in families["amqctl_link_received"].samples}
    assert received == {"a": 0.0, "b": 30.0}
    assert {f"{n}_total" if f.type == "counter" else n for n, f in families.items()} <= set(FAMILIES)
    assert families["amqctl_ready"].samples[0].value == 1.0


def test_what_is_not_known_is_no_metric() -> None:
    text = exposition(seen_pairs(dead=True))
    assert 'amqctl_link_up{cluster="lab",link="a-to-b",from="a",to="b"} 0' in text
    assert "amqctl_link_dequeued_total" not in text
    assert 'broker="b-2"' in text
    assert 'amqctl_broker_answers{cluster="lab",group="b",broker="b-2"} 0' in text


def test_names_that_are_markup_are_text_in_every_picture() -> None:
    sight = seen_pairs()
    odd = replace(sight.nodes["a-1"], queues=(a_queue('<script>"&]', 99),))
    drawn = graph.drawing(replace(sight, nodes={**sight.nodes, "a-1": odd}))
    texts = [e.text for e in ElementTree.fromstring(graph.svg(drawn)).iter() if e.text]
    assert any("<scri" in t for t in texts)
    assert "<script>" not in graph.mermaid(drawn)
    assert '\\"' in graph.dot(drawn)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 20])
def test_boxes_of_a_picture_do_not_overlap(count: int) -> None:
    from amqctl.report.graph.model import Broker, Drawing, Group, Line
    from amqctl.report.graph.svg import _placed

    groups = tuple(Group(f"g{n}", (Broker(f"n{n}", "master"), Broker(f"m{n}", "waiting"))) for n in range(count))
    for lines in (
        tuple(Line(f"l{n}", "g0", f"g{n}", True, True) for n in range(1, count)),
        tuple(Line(f"l{n}", f"g{n}", f"g{(n + 1) % count}", True, True) for n in range(count)) if count > 1 else (),
    ):
        boxes, wide, high = _placed(Drawing("t", (), groups, lines))
        flat = list(boxes.values())
        for number, box in enumerate(flat):
            assert 0 <= box.x <= wide - WIDE
            assert 0 <= box.y <= high - box.high
            for other in flat[number + 1 :]:
                apart = abs(box.x - other.x) >= WIDE or abs(box.y - other.y) >= min(box.high, other.high)
                assert apart, f"{box.group.name} lies on {other.group.name}"


def a_group(number: int) -> graph.Group:
    name = f"g{number}"
    queues = (graph.Depth("orders", 9, deepest=True),) if number == 1 else ()
    return graph.Group(name, (graph.Broker(f"{name}-1", "master"), graph.Broker(f"{name}-2", "waiting")), queues)


@pytest.mark.parametrize("duplex", [True, False])
@pytest.mark.parametrize(("count", "hub"), [(2, False), (3, False), (4, False), (5, False), (6, True)])
def test_every_label_of_a_bridge_can_be_read(count: int, hub: bool, duplex: bool) -> None:
    """One that is dead above all, which is drawn last. No label lies on a box, on the title or outside the picture, and
    of none more than a part is under another: of a mesh of four, one way each, some do."""
    names = [f"g{n}" for n in range(count)]
    ways = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if not hub or a == "g0"]
    if not duplex:
        ways += [(b, a) for a, b in ways]
    for dead in range(len(ways)):
        lines = [graph.Line(f"all-{a}-{b}", a, b, duplex, n != dead, 10, 20) for n, (a, b) in enumerate(ways)]
        text = graph.svg(graph.Drawing("t", ("g0 has no master",), tuple(map(a_group, range(count))), tuple(lines)))
        root = ElementTree.fromstring(text)
        found = {kind: areas(root, kind) for kind in ("5", "9")}  # by how round they are: labels, groups
        labels = [area for area in found["5"] if area[2] != WIDE - 16]  # brokers are as round
        assert len(labels) == len(lines)
        assert not any(overlap(one, box) for one in labels for box in found["9"])
        wide, high = float(root.attrib["width"]), float(root.attrib["height"])
        assert all(x >= 0 and x + w <= wide and y >= 0 and y + h <= high for x, y, w, h in labels)
        for number, one in enumerate(labels):
            under = sum(overlap(one, other) for other in labels[number + 1 :])
            assert under < (0.2 if count > 3 and not duplex else 0.01) * one[2] * one[3]


def areas(root: ElementTree.Element, rx: str) -> list[tuple[float, ...]]:
    rects = [e.attrib for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.attrib.get("rx") == rx]
    return [tuple(float(e[k]) for k in ("x", "y", "width", "height")) for e in rects]


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Square pixels."""
    both = [min(one[i] + one[i + 2], other[i] + other[i + 2]) - max(one[i], other[i]) for i in (0, 1)]
    return max(0.0, both[0]) * max(0.0, both[1])


def test_what_an_mbean_does_not_tell_is_not_known() -> None:
    """With ignoreErrors Jolokia writes an error where the value would be; on a waiting broker many are."""
    node = two_pairs().nodes[0]
    refused = "ERROR: java.lang.IllegalStateException: Broker is not yet started. (class javax.management…)"
    look = node_look(node, [{"BrokerVersion": "5.18.3", "BrokerId": refused, "StorePercentUsage": 0,
                             "TotalEnqueueCount": refused}, {"StartTime": 2000}, {}, {}])  # fmt: skip
    assert (look.version, look.broker_id, look.usage.enqueued, look.usage.store) == ("5.18.3", None, None, 0)
    assert look.usage.started_at == 2.0
