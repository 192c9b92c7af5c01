"""Every kind of mistake in a topology's text or shape is told once, at its place, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from amqctl.errors import BadTopology
from amqctl.topology.load import content, load
from tests.builders import HEAD, PAIR, big, problem, problems

TOPOLOGIES = Path(__file__).resolve().parents[2] / "topologies"
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
TOWER = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))

# text (without head) -> line, column, part of what is wrong, part of what to write
TEXTS = {
    "empty": ("", 1, 1, "the file is empty", "apiVersion: amqctl/v1"),
    "only a comment": ("# nothing\n", 1, 1, "the file is empty", ""),
    "a list": ("- a\n", 1, 1, "here is a list", ""),
    "a word": ("hello", 1, 1, "here is a single value", ""),
    "a cycle": ("a: &a [*a]", 1, 8, "*a contains itself", "write the value out"),
    "a bomb": (BOMB, 5, 38, "expand to more than 100000", ""),
    "a tower of aliases": (TOWER, 38, 12, "nested more than 40 deep", ""),
    "deep": ("[" * 900, 1, 41, "nested more than 40 deep", ""),
    "no such anchor": ("a: *b", 1, 4, "*b refers to an anchor that is not there", "&b"),
    "two documents": ("a: 1\n---\nb: 2", 2, 1, "a second document", "---"),
    "a tab": ("a:\n\tb: 1", 2, 1, "a tab", "blanks"),
    "a control character": ("a: \x07", 1, 4, "U+0007", "remove it"),
    "an open bracket": ("a: [1, 2\nb: 3", 2, 2, "not closed", "[a, b]"),
    "an open quote": ("a: 'b", 1, 6, "not closed", "close it"),
    "a second colon": ("a: b: c", 1, 5, "where no key can be", ""),
    "bad indentation": ("a: 1\n b: 2", 2, 3, "where no key can be", "indentation"),
    "a lone folding sign": ("a: {b: >}", 1, 8, "a value cannot begin with >", "quotes"),
    "an at sign": ("a: @b", 1, 4, "a value cannot begin with @", "quotes"),
    "a list that ends": ("- a\nb: 1", 2, 1, "a list ends here", ""),
    "not UTF-8": (b"a: 1\nb: \xff", 2, 4, "0xFF is not UTF-8", "UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, 1, "is not UTF-8", ""),
}


@pytest.mark.parametrize(("text", "line", "column", "what", "fix"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_cannot_be_read(text: str | bytes, line: int, column: int, what: str, fix: str) -> None:
    found = problem(text, head="")
    assert (found.file, found.line, found.column) == ("/topo/t.yaml", line, column)
    assert what in found.what
    assert fix in found.fix


def test_a_text_that_libyaml_may_itself_find_too_deep() -> None:
    """libyaml 0.2.6 gives up at a thousand brackets, where its scanner is; those before it know no such limit."""
    found = problem("[" * 100_000, head="")
    assert found.line == 1
    assert found.column in (41, 1001)
    assert found.what.startswith("nested ")
    assert "ten levels" in found.fix


# text from line 3 on -> line, column, what, fix
SHAPES = {
    "a key twice": (
        "profile: lab\n" + PAIR + "\nprofile: stock",
        5,
        1,
        "profile is written twice, first on line 3",
        "one",
    ),
    "a merge key": (PAIR + "\ndefaults: {<<: {}}", 4, 12, "merge keys (<<) are not used", "defaults:"),
    "a number as key": ("groups: {1: {brokers: 1}, a: {brokers: 1}}", 3, 10, "key 1 is a number", '"1"'),
    "a truth value as key": (
        "groups: {true: {brokers: 1}, a: {brokers: 1}}",
        3,
        10,
        "key true is a truth value",
        '"true"',
    ),
    "a list as key": (PAIR + "\n? [x]\n: 1", 4, 3, "a key must be a word", ""),
    "a tag": (PAIR + "\nprofile: !!python/object:os.system lab", 4, 10, "tag !!python/object:os.system", "remove"),
    "a tag of one's own": (PAIR + "\nprofile: !mine lab", 4, 10, "tag !mine", "remove"),
    "yes": (PAIR + "\ndefaults: {broker: {useJmx: yes}}", 4, 29, "yes is a truth value to some", "write true"),
    "off": (PAIR + "\ndefaults: {connectors: {ws: Off}}", 4, 29, "Off is a truth value to some", "write false"),
    "a control character": (PAIR + '\ndefaults: {broker: {a: "\\x01"}}', 4, 24, "U+0001", "remove"),
    "a version of two parts": (PAIR + "\nactivemq: 5.18", 4, 11, '"5.18" is not an ActiveMQ version', "three parts"),
    "a version of one part": (PAIR + "\nactivemq: 6", 4, 11, "6 is not an ActiveMQ version", "three parts"),
    "a version in foreign digits": (PAIR + "\nactivemq: ٦.1.7", 4, 11, "is not an ActiveMQ version", ""),
    "an unknown key": (PAIR + "\nprofil: lab", 4, 1, "the topology has no key profil", "did you mean profile?"),
    "an unknown key deep down": (
        "groups:\n  a:\n    brokers:\n      x: {port: {openwire: 1}}",
        6,
        11,
        "x has no key port",
        "did you mean ports? allowed here: activemq, ",
    ),
    "a key in the wrong case": (PAIR + "\nActiveMQ: 6.1.7", 4, 1, "no key ActiveMQ", "did you mean activemq?"),
    "something utterly unknown": (PAIR + "\nzzz: 1", 4, 1, "no key zzz", "allowed here: apiVersion, name"),
    "no groups": ("profile: lab", 1, 1, "the topology needs `groups`", "groups:"),
    "empty groups": ("groups:", 3, 1, "groups must not be empty", "at least one group"),
    "a group with nothing": ("groups:\n  a:", 4, 3, "a needs `brokers`", "brokers: 2"),
    "no broker": ("groups: {a: {brokers: {}}}", 3, 10, "at least one broker", ""),
    "zero brokers": ("groups: {a: {brokers: 0}}", 3, 23, "brokers must be at least 1", ""),
    "brokers as text": ("groups: {a: {brokers: two}}", 3, 23, "brokers must be a number, or a map", ""),
    "brokers as a list": ("groups: {a: {brokers: [x]}}", 3, 23, "brokers must be a number, or a map", ""),
    "a port as text": ('groups: {a: {brokers: {x: {ports: {stomp: "1"}}}}}', 3, 43, "stomp must be a whole number", ""),
    "a port with a leading zero": ("groups: {a: {brokers: {x: {ports: {stomp: 0800}}}}}", 3, 43, "a whole number", ""),
    "a sexagesimal port": ("groups: {a: {brokers: {x: {ports: {stomp: 1:20}}}}}", 3, 43, '"1:20"', ""),
    "a port out of range": ("groups: {a: {brokers: {x: {ports: {stomp: 70000}}}}}", 3, 43, "at most 65535", ""),
    "a host name that is none": ("groups: {a: {brokers: {x_y: }}}", 3, 24, "x_y is not a host name", "letters"),
    "a name that ActiveMQ would change": ("groups: {a b: {brokers: 1}}", 3, 10, "a b is not a name", "letters"),
    "a number as name": (
        "groups: {a: {brokers: 1}}\nnetwork: [{name: 5, from: a, to: a}]",
        4,
        18,
        "name must be text",
        '"5"',
    ),
    "an unknown profile": (
        PAIR + "\nprofile: Lab",
        4,
        10,
        'must be lab or stock; here it is "Lab"',
        "did you mean lab?",
    ),
    "an unknown store": ("groups: {a: {store: kahdb, brokers: 1}}", 3, 21, "store has no key kahdb", "kahadb?"),
    "two stores": ("groups: {a: {store: {kahadb: , jdbc: {url: x}}, brokers: 1}}", 3, 14, "exactly one of kahadb", ""),
    "a duplex that is text": (
        "groups: {a: {brokers: 1}, b: {brokers: 1}}\nnetwork: [{name: l, from: a, to: b, duplex: 'yes'}]",
        4,
        45,
        "duplex must be true or false",
        "",
    ),
    "a link from nowhere": (PAIR + "\nnetwork: [{name: l, to: a}]", 4, 11, "network item 1: it needs `from`", ""),
    "a link to two places": (PAIR + "\nnetwork: [{name: l, from: a, to: a, uri: x}]", 4, 11, "exactly one of `to`", ""),
    "a password written out": (PAIR + "\nsecurity: {users: {x: {password: hush}}}", 4, 34, "never the password", ""),
    "a password misspelt": (PAIR + "\nsecurity: {users: {x: {password: {evn: X}}}}", 4, 34, "{env: NAME}", ""),
    "a user named password": (PAIR + "\nsecurity: {users: {password: {foo: 1}}}", 4, 31, "password has no key foo", ""),
    "a connector that is a number": (
        PAIR + "\ndefaults: {connectors: {ws: 5}}",
        4,
        29,
        "true, false, or a map of URI",
        "",
    ),
    "an option that is a list": (
        PAIR + "\ndefaults: {connectors: {ws: {a: [1]}}}",
        4,
        33,
        "a must be text, a number",
        "",
    ),
    "an attribute that is none": (PAIR + "\ndefaults: {broker: {a b: 1}}", 4, 21, "not an attribute's name", ""),
    "a heap without unit": (PAIR + "\ndefaults: {jvm: {heap: 512}}", 4, 24, "512 is not a heap size", "512m"),
    "a size ActiveMQ cannot read": (PAIR + "\ndefaults: {usage: {store: 1gib}}", 4, 27, "not a size", "1gb"),
    "more than all": (PAIR + "\ndefaults: {usage: {memory: 101%}}", 4, 28, "not a size", "70%"),
    "a policy for both": (
        PAIR + '\ndefaults: {policies: [{queue: ">", topic: ">"}]}',
        4,
        23,
        "exactly one of them",
        "",
    ),
    "a patch that does nothing": (PAIR + "\ndefaults: {patch: [{at: x}]}", 4, 20, "does one thing", ""),
    "a right for nothing": (
        PAIR + "\nsecurity: {authorization: [{read: [users]}]}",
        4,
        28,
        "exactly one of them",
        "",
    ),
    "one key store of two": (
        PAIR + "\ntls: {keyStore: {file: x, password: {env: X}}}",
        4,
        1,
        "go together",
        "",
    ),
}


@pytest.mark.parametrize(("text", "line", "column", "what", "fix"), SHAPES.values(), ids=SHAPES)
def test_a_shape_that_is_wrong(text: str, line: int, column: int, what: str, fix: str) -> None:
    found = problem(text)
    assert (found.line, found.column) == (line, column), str(found)
    assert what in found.what
    assert fix in found.fix


def test_no_problem_speaks_of_python_or_pydantic() -> None:
    said = " ".join(str(problem(text)) for text, *_ in SHAPES.values())
    for jargon in (
        "Input should",
        "union",
        "Extra inputs",
        "pydantic",
        "dictionary",
        "_type",
        "NoneType",
        "Value error",
    ):
        assert jargon not in said


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = """\
        activemq: 5.18
        groups:
          a:
            brokers:
              x: {ports: {openwire: 61616, stomp: 70000}}
              y: {ports: {openwire: 61616}, foo: 1}
            foo: 1
        network:
          - {name: l, from: a, to: b}
        lint: {ignore: [{id: x, reason: y}]}
        activemq: 6.1.7
        """
    lines = [(p.line, p.what.split(":")[0]) for p in problems(text)]
    assert lines == [
        (3, '"5.18" is not an ActiveMQ version'),
        (7, "stomp must be at most 65535; here it is 70000"),
        (8, "port 61616 is claimed twice"),
        (8, "y has no key foo"),
        (9, "a has no key foo"),
        (11, "to names b, which is neither a group nor a broker"),
        (13, "activemq is written twice, first on line 3"),
    ]


def test_what_only_follows_from_a_mistake_is_not_told() -> None:
    """The misspelt ports are not there, but that is no reason to complain of the ports used instead."""
    text = "groups: {a: {brokers: {x: {prots: {openwire: 5}}, y: {ports: {openwire: 61616}}}}}"
    assert problem(text).what == "x has no key prots"
    text = "groups: {a: {brokers: {x: {connectors: {opnwire: {}}, ports: {openwire: 5}}}}}"
    assert problem(text).what == "connectors has no key opnwire"


def test_a_place_that_the_text_got_wrong_is_told_once() -> None:
    assert problem(PAIR + "\nprofile: no").what.startswith("no is a truth value")


def test_anchors_are_allowed_and_problems_point_at_what_they_stand_for() -> None:
    text = """\
        groups:
          a:
            jvm: &small {heap: 1x}
            brokers: 1
          b:
            jvm: *small
            brokers: 1
        """
    assert [(p.line, p.column) for p in problems(text)] == [(5, 24)]


def test_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    text = ("\ufeff" + HEAD + PAIR + "\n").replace("\n", "\r\n")
    assert load(text.encode(), None).topology.name == "t"


def test_values_stay_what_was_written() -> None:
    """No float, date, octal or sexagesimal number comes between the file and ActiveMQ."""
    values = "{a: 1.50, b: 2024-01-01, c: 010, d: 1:20, e: 1e3, f: 0x1F, g: '7'}"
    text = f"{HEAD}groups: {{a: {{brokers: 1, broker: {values}}}}}"
    broker = load(text, None).topology.groups["a"].broker
    assert broker == {"a": "1.50", "b": "2024-01-01", "c": "010", "d": "1:20", "e": "1e3", "f": "0x1F", "g": "7"}


def test_a_number_of_many_digits_is_not_worth_a_traceback() -> None:
    assert "a map of host name" in problem("groups: {a: {brokers: " + "9" * 5000 + "}}").what


@pytest.mark.parametrize("name", ["ms-plus-cluster", "pair", "two-jdbc-pairs", "single", "trio"])
def test_the_shipped_topologies_have_the_right_shape(name: str) -> None:
    loaded = load(content(TOPOLOGIES / f"{name}.yaml"), name)
    assert loaded.topology.name == name
    assert loaded.marks.key(("groups",)) is not None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path, Path("a\0b")):
        with pytest.raises(BadTopology):
            load(content(path), str(path))
    too_big = tmp_path / "big.yaml"
    too_big.write_bytes(b"#" * (17 * 1024 * 1024))
    with pytest.raises(BadTopology, match="more than 16 MiB"):
        load(content(too_big), str(too_big))


def test_a_thousand_brokers_written_out_are_no_bomb() -> None:
    assert len(load(big(1000), None).topology.groups) == 500


def test_marks_know_keys_and_values() -> None:
    marks = load(HEAD + "groups:\n  a:\n    brokers: 2\n", None).marks
    assert marks.key(("groups", "a", "brokers")) == (5, 5)
    assert marks.value(("groups", "a", "brokers")) == (5, 14)
    assert marks.line(("groups", "a", "brokers")) == 5
    assert marks.key(("groups", "a", "jvm", "heap")) == (4, 3)  # not written: its nearest parent
    assert ("groups", "a") in marks
    assert ("groups", "b") not in marks
