"""Drills about order: one exclusive consumer, message groups that stay with theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.drills import checkers
from amqctl.drills.actions import Action, Stream
from amqctl.drills.catalogue import ordered
from amqctl.drills.model import Standard, Subject
from tests.fake_network import NetSins
from tests.unit.test_network_drills import judged, pair, run

# ── order


def test_one_exclusive_consumer_is_served_and_in_order(tmp_path: Path) -> None:
    judged(run("exclusive-consumer", pair(), tmp_path), "valid", "one of two consumers was served")


def test_an_acknowledgement_whose_receipt_never_came(tmp_path: Path) -> None:
    """The message has come, and does not come again: nobody may wait for it."""
    cluster = pair()
    cluster.unheard_acks = 1
    drill = replace(
        ordered.EXCLUSIVE,
        script=ordered.over_a_takeover(1, exclusive=True),
        checkers=(checkers.in_order, checkers.nothing_lost),
    )
    judged(run(drill, cluster, tmp_path), "valid", "none lost")


def test_who_comes_after_one_that_lost_its_connection_is_not_beside_it(tmp_path: Path) -> None:
    """The master lives, and gives the place of the one that is gone to the other: as it should."""
    cluster = pair()
    cluster.unheard_acks = 1
    result = run("exclusive-consumer", cluster, tmp_path)
    judged(result, "valid", "one of two consumers was served: consumer-")
    assert ", then consumer-" in result.because
    cluster = pair()
    cluster.unheard_acks = 1
    judged(run("message-groups", cluster, tmp_path / "groups"), "valid", "6 groups, each to one of 3 consumers")


@pytest.mark.parametrize("sins", [NetSins(ignores_exclusive=True), NetSins(hands_over=True)], ids=str)
def test_exclusive_consumers_that_are_served_side_by_side(sins: NetSins, tmp_path: Path) -> None:
    judged(
        run("exclusive-consumer", pair(sins), tmp_path), "invalid", "a1 served consumer-1 and consumer-2 side by side"
    )


def test_messages_that_overtake_others(tmp_path: Path) -> None:
    """The producer is quicker than the consumer, so that something lies in the queue that can come too early."""

    def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        usual = ordered.over_a_takeover(2, exclusive=True)(subject, standard)
        return tuple(replace(a, every=0.0) if isinstance(a, Stream) else a for a in usual)

    cluster = pair(NetSins(shuffles=True))
    result = run(replace(ordered.EXCLUSIVE, script=script), cluster, tmp_path)
    judged(result, "invalid", "came too late, e.g. order.producer-1-")


def test_consumers_without_the_flag(tmp_path: Path) -> None:
    drill = replace(ordered.EXCLUSIVE, script=ordered.over_a_takeover(2))
    judged(run(drill, pair(), tmp_path), "invalid", "side by side")


def test_message_groups_stay_with_their_consumer_and_are_spread(tmp_path: Path) -> None:
    judged(run("message-groups", pair(), tmp_path), "valid", "6 groups, each to one of 3 consumers")


@pytest.mark.parametrize(
    ("sins", "because"),
    [
        (NetSins(forgets_groups=True), "went to consumer-"),
        (NetSins(one_bucket=True), "all 6 groups went to consumer-1 at a1"),
    ],
    ids=str,
)
def test_what_is_wrong_with_message_groups_is_found(sins: NetSins, because: str, tmp_path: Path) -> None:
    judged(run("message-groups", pair(sins), tmp_path), "invalid", because)


def test_a_producer_that_names_no_group(tmp_path: Path) -> None:
    drill = replace(ordered.MESSAGE_GROUPS, script=ordered.over_a_takeover(3))
    judged(run(drill, pair(), tmp_path), "invalid", "no message of a group came")
