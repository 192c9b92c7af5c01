"""Real networks made wrong on purpose go red in the drill that is about it, and green when they are put right."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.cli import session
from amqctl.drills import runner
from amqctl.drills.catalogue import ordered
from amqctl.drills.folder import RunFolder
from amqctl.drills.live import LiveTarget
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology
from tests.e2e.networks import status

pytestmark = pytest.mark.real

HEAD = "apiVersion: amqctl/v1\nname: net\nactivemq: 6.1.7\nports: {offset: 1100}\n"
EVEN = "set: {conduitSubscriptions: false, decreaseNetworkConsumerPriority: false}"


class Lab:
    """One cluster, now and again under another topology: `up` makes of it what the text says."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def up(self, text: str, *words: str, expect: int = 0) -> None:
        self.machine.amq("up", topology("net", HEAD + text, self.machine.home), *words, expect=expect)

    def drill(self, *names: str, within: str = "40", client: str = "stomp") -> dict[str, tuple[str, str]]:
        """By drill and subject: verdict and because."""
        named = [word for name in names for word in ("--drill", name)]
        done = self.machine.amq(
            "failover-test", "net", *named, "--client", client, "--timeout", within, "-o", "json", expect=None
        )
        return {f"{d['name']}/{d['group']}": (d["verdict"], d["because"]) for d in done.json["drills"]}

    def down(self) -> None:
        self.machine.amq("down", "net", "--volumes")


@pytest.fixture
def lab(machine: Machine) -> Lab:
    return Lab(machine)


def red(found: tuple[str, str], because: str) -> None:
    assert found[0] == "invalid" and because in found[1], found


def green(found: tuple[str, str], because: str = "") -> None:
    assert found[0] == "valid" and because in found[1], found


CHAIN = """
groups: {{a: {{brokers: 1}}, b: {{brokers: 1}}, c: {{brokers: 1}}}}
network:
  - {{name: a-b, from: a, to: b, duplex: true{ttl}}}
  - {{name: b-c, from: b, to: c, duplex: {back}{ttl}}}
"""


def test_a_ttl_that_is_too_short_for_a_chain(lab: Lab) -> None:
    """ActiveMQ's own networkTTL of 1 ends what goes over two links; with 2 all six ways carry, and one-way links
    lead back nowhere."""
    lab.up(CHAIN.format(ttl="", back="true"))
    red(lab.drill("reach")["reach/network"], "a -> c over b: 0 of 2 messages came: consumers there are 2 hops away")
    lab.up(CHAIN.format(ttl=", set: {networkTTL: 2}", back="true"))
    green(lab.drill("reach")["reach/network"], "all 6 ways between groups carry, the longest over 2 links")
    lab.up(CHAIN.format(ttl=", set: {networkTTL: 2}", back="false"))
    green(lab.drill("reach")["reach/network"], "all 4 ways between groups carry")


TWO = """
defaults: {{policies: {policies}}}
groups: {{a: {{brokers: 1{patch}}}, b: {{brokers: 1}}}}
network: [{{name: a-b, from: a, to: b, duplex: {duplex}, {even}}}]
"""
PATCH = ', patch: [{{at: "//amq:networkConnector", set: {{{0}: "{1}"}}}}]'
REPLAY = '[{queue: ">", replayWhenNoConsumers: true}]'


def test_conduit_where_an_even_share_is_claimed_and_a_consumer_that_nothing_follows(lab: Lab) -> None:
    """The topology claims shares by consumer and the connector has conduitSubscriptions; no policy replays. Both put
    right, 60 messages are 20 for each of three consumers, and 40 follow a consumer that moves."""
    lab.up(TWO.format(policies="[]", patch=PATCH.format("conduitSubscriptions", "true"), duplex="true", even=EVEN))
    found = lab.drill("even-share", "consumer-hop", "reach")
    red(found["even-share/a -> b"], "no even share (20 each)")
    red(found["consumer-hop/a -> b"], "0 of 10 messages came to the consumer at a")
    green(found["reach/network"])
    lab.up(TWO.format(policies=REPLAY, patch="", duplex="true", even=EVEN))
    found = lab.drill("even-share", "consumer-hop")
    green(found["even-share/a -> b"], "20 by consumer@b-1, 20 by consumer@b-2, 20 by consumer@a-1")
    green(found["consumer-hop/a -> b"], "nothing was left behind in 3 moves (40 lay at b")


def test_a_link_that_carries_another_way_than_it_is_declared(lab: Lab) -> None:
    """One way where two are claimed, and both where one is."""
    lab.up(
        TWO.format(policies="[]", patch=PATCH.format("duplex", "false"), duplex="true", even=EVEN),
        "--timeout", "8", expect=3,
    )  # fmt: skip
    red(lab.drill("reach", within="5")["reach/network"], "b -> a: 0 of 2 messages came")
    lab.down()
    text = TWO.format(policies="[]", patch=PATCH.format("duplex", "true"), duplex="false", even=EVEN)
    lab.up(text, "--timeout", "8", expect=3)
    red(lab.drill("reach", within="5")["reach/network"], "b -> a was reached, and no link leads there")


CONDUIT = "set: {decreaseNetworkConsumerPriority: false}"


def test_no_conduit_where_one_is_claimed(lab: Lab) -> None:
    """The topology claims ActiveMQ's own conduitSubscriptions, half here and half there, and the connector shares by
    consumer. Put right, a consumer here has as many as both there."""
    wrong = PATCH.format("conduitSubscriptions", "false")
    lab.up(TWO.format(policies="[]", patch=wrong, duplex="true", even=CONDUIT))
    red(lab.drill("even-share")["even-share/a -> b"], "no even share (half)")
    lab.up(TWO.format(policies="[]", patch="", duplex="true", even=CONDUIT))
    green(lab.drill("even-share")["even-share/a -> b"], "15 by consumer@b-1, 15 by consumer@b-2, 30 by consumer@a-1")


PAIR = """
defaults: {{policies: [{{queue: ">"{policy}}}]}}
groups: {{a: {{brokers: 2}}}}
"""


def test_order_that_is_not_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A broker that remembers one message group only, one that takes all groups for one, and consumers that are not
    exclusive. As ActiveMQ is by itself, both drills are valid."""
    lab.up(PAIR.format(policy=', messageGroupMapFactoryType: "cached?cacheSize=1"'))
    red(lab.drill("message-groups")["message-groups/a"], "went to consumer-")
    lab.up(PAIR.format(policy=', messageGroupMapFactoryType: "bucket?bucketCount=1"'))
    red(lab.drill("message-groups")["message-groups/a"], "all 6 groups went to consumer-")
    lab.up(PAIR.format(policy=""))
    found = lab.drill("message-groups", "exclusive-consumer")
    green(found["message-groups/a"], "6 groups, each to one of")
    green(found["exclusive-consumer/a"], "one of two consumers was served")
    for key in ("AMQCTL_HOME", "AMQCTL_CACHE"):
        monkeypatch.setenv(key, lab.machine.env[key])
    shared = replace(ordered.EXCLUSIVE, script=ordered.over_a_takeover(2))
    result = runner.run(shared, LiveTarget(session.running("net").cluster), RunFolder(tmp_path / "run"))[0]
    red((result.verdict, result.because), "side by side")


APART = """
groups: {a: {brokers: {a-1: {}, a-2: {patch: [{at: "//amq:kahaDB", set: {directory: "${activemq.data}/apart"}}]}}}}
"""


def test_order_at_two_masters(lab: Lab) -> None:
    """A pair that shares no store: whoever is exclusive at one is not at the other, and both drills say who served."""
    lab.up(APART, "--timeout", "8", expect=3)
    found = lab.drill("exclusive-consumer", "message-groups", within="5")
    red(found["exclusive-consumer/a"], "both served")
    red(found["message-groups/a"], "both served")


S2E = """
groups: {{a: {{brokers: 1}}, bc: {{brokers: {{b: {{}}, c: {{}}}}}}}}
network: [{{name: a-bc, from: a, to: {to}, duplex: true}}]
"""


def test_a_link_to_one_broker_of_a_pair(lab: Lab) -> None:
    """It does not follow a takeover: nothing crosses again, and without the pair's master nothing does. A link to the
    pair follows, in all three states, and after a start in order."""
    lab.up(S2E.format(to="b"))
    found = lab.drill("bridge-peer-failover", "broker-loss", within="8")
    red(found["bridge-peer-failover/a -> bc"], "no message crossed to c")
    red(found["broker-loss/a and bc"], "without the pair's master: 0 of 10 messages consumed at")
    lab.down()
    lab.up(S2E.format(to="bc"))
    found = lab.drill("bridge-peer-failover", "broker-loss", "bridging")
    green(found["bridging/bc -> a"], "5 the other way")
    green(found["bridge-peer-failover/a -> bc"], "messages cross again")
    green(found["broker-loss/a and bc"], "started in order: a-1 master, b master, c waiting")


WIPES = "{patch: [{at: '//amq:broker', set: {deleteAllMessagesOnStartup: 'true'}}]}"

MEANT = "lint: {ignore: [{id: delete-all-messages-in-group, reason: a sin}]}\n"


def test_a_pair_of_which_one_begins_anew(lab: Lab) -> None:
    """Without the single broker the pair is all there is, and a broker that empties the store when it takes over loses
    what only the pair has."""
    lab.up(S2E.format(to="bc").replace("c: {}", f"c: {WIPES}") + MEANT)
    red(lab.drill("broker-loss")["broker-loss/a and bc"], "without the single broker: 0 of 10 messages consumed at bc")


def test_a_link_that_has_given_up_before_its_peer_starts(lab: Lab) -> None:
    """It tries for about three seconds, which is enough for a takeover and not for a broker that is started after its
    own: b starts as slowly as a JVM without a compiler does."""
    text = S2E.format(to="bc").replace("duplex: true", "duplex: true, options: {maxReconnectAttempts: 25}")
    lab.up(text.replace("b: {}", "b: {jvm: {args: [-Xint]}}"), "--timeout", "20", expect=None)
    lab.machine.amq("restart", "a-1", "-c", "net")
    red(lab.drill("broker-loss", within="20")["broker-loss/a and bc"], "after the start in order: 0 of 10 messages")


FOUND = """
groups: {{a: {{brokers: 1}}, b: {{brokers: {{b-1: {{{patch}}}}}}}, c: {{brokers: 1}}}}
network:
  - {{name: found, multicast: {{group: drilled}}}}
  - {{name: out, from: a, uri: "static:(tcp://127.0.0.1:{outside}?connectionTimeout=500)"}}
"""
OTHER = """
apiVersion: amqctl/v1
name: other
activemq: 6.1.7
ports: {{offset: 1150}}
groups: {{d: {{brokers: 1}}}}
network: [{{name: found, multicast: {{group: {group}}}}}]
"""
ELSEWHERE = "multicast://default?group=elsewhere&joinNetworkInterface=lo&networkInterface=lo&timeToLive=0"
DEAF = f"""patch: [{{at: "//amq:transportConnector[@name='openwire']", set: {{discoveryUri: "{ELSEWHERE}"}}}}]"""


def test_members_that_look_for_each_other(lab: Lab) -> None:
    """Three find each other, the last one also when it comes later, and a link to an address outside is nobody that
    was found. A broker of another cluster, with the same passwords, that announces itself in the same multicast group
    is a stranger; one that announces itself in another group is not found."""

    def beside(group: str) -> None:
        lab.machine.amq("up", topology("other", OTHER.format(group=group), lab.machine.home))

    def leads_out() -> None:
        (out,) = [link for link in status(lab.machine, "net")["links"] if link["name"] == "out"]
        if not out["up"]:
            raise NotYet("it is not up")

    whole = FOUND.format(patch="", outside=61616 + 1150)
    lab.up(whole)
    passwords = lab.machine.home / "state" / "secrets"
    shutil.copy(passwords / "net.json", passwords / "other.json")  # else its brokers would let nobody in
    beside("other")
    until(leads_out, what="the bridge to the address outside", within=40, every=0.5)
    green(lab.drill("membership")["membership/multicast"], "all 3 groups found each other, c again")
    beside("drilled")
    red(lab.drill("membership", within="5")["membership/multicast"], "has a bridge with d, which it is not to find")
    lab.machine.amq("down", "other", "--volumes")
    lab.up(FOUND.format(patch=DEAF, outside=61616 + 1150), "--timeout", "8", expect=3)
    red(lab.drill("membership", within="5")["membership/multicast"], "a did not find b")


FEW = """
groups: {{a: {{brokers: {{a-1: {{}}, a-2: {{connectors: {{openwire: {{}}, stomp: {stomp}}}}}}}}}}}
"""


def test_a_slave_that_takes_fewer_clients_than_its_master(lab: Lab) -> None:
    """Those that are left out go on asking; ActiveMQ's own would be let in when the others leave, which is too late."""
    few = FEW.format(stomp="{maximumConnections: 60}")
    lab.up(few)
    red(lab.drill("reconnect-storm")["reconnect-storm/a"], "of 200 clients were not served again")
    lab.up(few.replace("openwire: {}", "openwire: {maximumConnections: 60}"))
    found = lab.drill("reconnect-storm", client="jms")
    red(found["reconnect-storm/a"], "of 200 clients were not served again")
    lab.down()
    lab.up(FEW.format(stomp="{}"))
    green(lab.drill("reconnect-storm")["reconnect-storm/a"], "200 of 200 clients were served again")
