"""Clusters that find each other by multicast."""

from __future__ import annotations

from amqctl.cli.meetings import meetings
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from tests.builders import settled
from tests.plans import a_place

TWO = "groups: {{a: {{brokers: 1}}, b: {{brokers: 1}}}}\nnetwork: [{{name: n, multicast: {options}}}]"


def plan(name: str, options: str) -> Plan:
    head = f"apiVersion: amqctl/v1\nname: {name}\n"
    return make_plan(settled(TWO.format(options=options), head=head), a_place, "")


def test_two_with_one_group_meet_and_two_with_their_own_names_do_not() -> None:
    same = {name: plan(name, "{group: lab}") for name in ("one", "two")}
    assert list(meetings(same)) == [("one", "two", "lab")]
    assert list(meetings({name: plan(name, "{}") for name in ("one", "two")})) == []
    apart = {"one": plan("one", "{group: lab}"), "two": plan("two", "{group: lab, address: 239.1.1.1}")}
    assert list(meetings(apart)) == []
