"""What a topology cannot mean, and what is not built: each with its line and what to do."""

from __future__ import annotations

import pytest

from amqctl.activemq import engines
from amqctl.activemq.companions import image_of
from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology
from amqctl.topology import not_yet
from amqctl.topology.load import load
from amqctl.topology.settle import settle
from amqctl.topology.yamltext import NO_MARKS
from tests.builders import HEAD, PAIR, problem, problems, settled
from tests.unit.test_settle import LINK

# ---- what cannot be meant: text from line 3 on -> line, what, fix

MISTAKES = {
    "an unknown version": (PAIR + "\nactivemq: 4.1.2", 4, "ActiveMQ 4.1.2", "5.9 to 5.19"),
    "a version nobody can ask": (PAIR + "\nactivemq: 5.9.0", 4, "a part of hawtio", "5.9.1 has the same broker"),
    "two brokers of one name": (
        "groups:\n  a: {brokers: {x: }}\n  b: {brokers: {X: }}",
        5,
        "a second broker is named X; x is in a (line 4)",
        "unique in the file",
    ),
    "a made-up name that is taken": (
        "groups:\n  a: {brokers: 2}\n  b: {brokers: {a-2: }}",
        5,
        "a second broker is named a-2; a-2 is in a (line 4)",
        "unique",
    ),
    "groups that differ in case": (
        "groups:\n  a: {brokers: 1}\n  A: {brokers: {x: }}",
        5,
        "differ in case only",
        "rename",
    ),
    "a broker called like a group": (
        "groups:\n  a: {brokers: 1}\n  b: {brokers: {a: }}",
        5,
        "has the name of group a (line 4)",
        "rename",
    ),
    "one of two called like its group": ("groups:\n  a: {brokers: {a: , b: }}", 4, "has the name of group a", "rename"),
    "a group whose brokers cannot be named": (
        "groups: {a_b: {brokers: 2}}",
        3,
        "a_b-1 cannot be a host name",
        "by name",
    ),
    "one port twice, both written": (
        "groups:\n  a:\n    brokers:\n      x: {ports: {openwire: 7000}}\n      y: {ports: {console: 7000}}",
        7,
        "port 7000 is claimed twice: x openwire (line 6) and y console (line 7)",
        "set groups.a.brokers.y.ports.console",
    ),
    "one port twice, one written": (
        "groups:\n  a:\n    brokers:\n      x: \n      y: {ports: {console: 61616}}",
        7,
        "x openwire (not written) and y console (line 7)",
        "set groups.a.brokers.x.ports.openwire",
    ),
    "one port twice in one broker": (
        "groups: {a: {brokers: {x: {ports: {openwire: 7000, stomp: 7000}}}}}",
        3,
        "x openwire (line 3) and x stomp (line 3)",
        "brokers.x.ports.stomp",
    ),
    "a port in the way of a numbered broker": (
        "groups:\n  a: {brokers: 1}\n  b: {brokers: {x: {ports: {stomp: 8161}}}}",
        5,
        "a-1 console (not written) and x stomp (line 5)",
        "write the brokers of a by name",
    ),
    "a port for what is off": (
        "groups: {a: {brokers: {x: {ports: {mqtt: 1}}}}}",
        3,
        "a port for mqtt, but no mqtt connector",
        "{mqtt: {}}",
    ),
    "no connector at all": (
        "groups: {a: {brokers: 1, connectors: {stomp: false}}}",
        3,
        "a-1 has no connector",
        "openwire",
    ),
    "a link to nobody": (LINK.replace("to: b", "to: bb"), 4, "neither a group nor a broker", "did you mean b?"),
    "a link from nobody": (LINK.replace("from: a", "from: zzzz"), 4, "from names zzzz", "known: "),
    "a link to itself": (LINK.replace("to: b", "to: a-2"), 4, "leads from a to itself", "joins two groups"),
    "two links of one name": (
        LINK.replace("]", ", {name: l, from: b, to: a}]"),
        4,
        "a second link is named l (line 4)",
        "another",
    ),
    "duplex from both sides": (
        LINK.replace("to: b}]", "to: b, duplex: true}, {name: m, from: b, to: a, duplex: true}]"),
        4,
        "m and l (line 4) are both duplex between b and a",
        "remove one",
    ),
    "a link to a deaf broker": (
        "groups: {a: {brokers: 1}, b: {connectors: {stomp: }, brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]",
        4,
        "b-1, which has no openwire connector",
        "openwire: {}",
    ),
    "masterslave to one": (LINK.replace("to: b", "to: b-1, via: masterslave"), 4, "needs two brokers", "via: static"),
    "an attribute said elsewhere": (
        LINK.replace("to: b", "to: b, set: {duplex: true}"),
        4,
        "duplex cannot be set",
        "remove",
    ),
    "a password in the open": (LINK.replace("to: b", "to: b, set: {password: x}"), 4, "amqctl generates it", "remove"),
    "an attribute too new": (
        LINK.replace("to: b", "to: b, set: {autoStart: false}"),
        4,
        "6.1.7 has no autoStart",
        "5.19.0 and 6.2.0",
    ),
    "an attribute with a slip": (
        LINK.replace("to: b", "to: b, set: {conduitSubscription: false}"),
        4,
        "a network connector has no conduitSubscription",
        "did you mean conduitSubscriptions?",
    ),
    "an attribute that is a number": (
        LINK.replace("to: b", "to: b, set: {messageTTL: two}"),
        4,
        "messageTTL must be a whole number; here it is two",
        "",
    ),
    "an attribute that is a truth": (
        LINK.replace("to: b", "to: b, set: {dynamicOnly: 2}"),
        4,
        "dynamicOnly must be true or false; here it is 2",
        "",
    ),
    "brokerName": (PAIR + "\ndefaults: {broker: {brokerName: x}}", 4, "it is the group's key", "remove"),
    "the directory by its attribute": (
        "groups: {a: {store: {kahadb: {set: {directory: x}}}, brokers: 1}}",
        3,
        "write `path:`",
        "remove",
    ),
    "two groups in one directory": (
        "groups:\n  a: {store: {kahadb: {path: d}}, brokers: 1}\n  b: {store: {kahadb: {path: ./x/../d}}, brokers: 1}",
        5,
        "b and a (line 4) keep their stores in one directory, /topo/d",
        "directory of its own",
    ),
    "a volume and a directory": (
        "groups:\n  a:\n    store: {kahadb: {path: /d,\n      volume_options: {type: nfs4}}}\n    brokers: 1",
        6,
        "volume_options and path (line 5) name two places for one store",
        "keep one",
    ),
    "an address that is a name": (
        PAIR + "\nruntime:\n  docker:\n    publish: localhost",
        6,
        '"localhost" is not an IP address',
        "127.0.0.1",
    ),
    "an address of one machine only": (
        PAIR + '\nruntime: {docker: {publish: "fe80::1%eth0"}}',
        4,
        "is not an IP address",
        "0.0.0.0",
    ),
    "an external network without a name": (
        PAIR + "\nruntime:\n  docker:\n    network:\n      external: true",
        7,
        "an external network needs its name",
        "docker network ls",
    ),
    "an image that cannot be one": (
        PAIR + '\ndefaults: {image: "my image"}',
        4,
        '"my image" is not a container image',
        "name:tag",
    ),
    "a network that cannot be one": (
        PAIR + '\nruntime: {docker: {network: {name: "a b"}}}',
        4,
        '"a b" is not a name',
        "letters",
    ),
    "a user who is the bridge": (
        PAIR + "\nsecurity: {users: {bridge: }}",
        4,
        "bridge is a user of its own",
        "another name",
    ),
    "a bridge that is the admin": (
        PAIR + "\nsecurity: {network: {user: admin}}",
        4,
        "admin is a user that amqctl makes",
        "",
    ),
}


@pytest.mark.parametrize(("text", "line", "what", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_meant(text: str, line: int, what: str, fix: str) -> None:
    found = problem(text)
    assert what in found.what
    assert fix in found.fix
    assert (found.file, found.line) == ("/topo/t.yaml", line), str(found)


def test_ports_end_at_65535() -> None:
    text = "groups: {a: {connectors: {openwire: }, brokers: {x: {ports: {openwire: 60000}}}}}"
    assert problem(text, port_offset=6000).what == "x openwire: port 66000 with --port-offset 6000 is beyond 65535"
    assert not problems(text, port_offset=5535)


def test_a_relative_path_needs_a_file_to_be_relative_to() -> None:
    topology = load(HEAD + PAIR + "\nsecurity: {users: {x: {password: {file: pw}}}}", None).topology
    with pytest.raises(BadTopology, match="no file it could be relative to"):
        settle(topology, NO_MARKS, caps=caps, engines=engines, source=None)


def test_a_cluster_name_on_the_command_line_is_a_host_name() -> None:
    with pytest.raises(BadTopology, match="--name a b is not a host name"):
        settled(PAIR, name="a b")


def test_the_version_of_a_server_is_the_tag_of_its_image_and_chooses_its_driver() -> None:
    text = (
        "groups: {a: {store: {jdbc: {server: db, database: x}}, brokers: 2}}\ncompanions: {db: {mysql: {version: 5.6}}}"
    )
    companion = settled(text).companion("db")
    assert (companion.image, companion.version) == (None, "5.6")
    assert image_of("mysql", companion.image, companion.version) == "mysql:5.6"
    assert image_of("mysql", "mine:1", "") == "mine:1" and image_of("postgres", None, "") == "postgres:16"


@pytest.mark.parametrize(
    ("companion", "what"),
    [
        ("{mysql: {version: '8.4', image: mine}}", "that is of the version it is"),
        ("{derby: {version: 10.14.2.0}}", "amqctl runs Derby 10.16.1.1, and no other"),
    ],
)
def test_a_version_that_says_nothing_or_is_not_to_be_had_is_refused(companion: str, what: str) -> None:
    locker = ", locker: lease" if "derby" in companion else ""
    text = f"groups: {{a: {{store: {{jdbc: {{server: db{locker}}}}}, brokers: 2}}}}\ncompanions: {{db: {companion}}}"
    assert what in problem(text).what


# ---- what is not built yet

NOT_BUILT = {
    "hosts": (PAIR + "\nhosts: {h1: }", 4),
    "host": ("groups: {a: {brokers: {x: {host: h1}}}}", 3),
}


@pytest.mark.parametrize("what", NOT_BUILT)
def test_a_part_that_is_not_built_is_refused_by_name(what: str) -> None:
    text, line = NOT_BUILT[what]
    found = problem(text)
    assert found.what.startswith(f"{what}: not yet")
    assert found.line == line


def test_every_refusal_is_tried() -> None:
    refused = {entry.what.removesuffix(": not yet") for entry in not_yet.NOT_YET} | set(not_yet.KEYS_TO_COME)
    assert refused == set(NOT_BUILT)
