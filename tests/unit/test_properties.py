"""Values as Java reads them back: checked against independent readers of the same formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amqctl.plan.properties import escape, obfuscate, parse

NASTY = ["a\"<&>'${x}", " lead", "trail ", "a=b:c#d!e", "back\\slash", "tab\tnew\nline", "äöü€", "𝄞", "#{1+1}", "a,b"]


def read_properties_value(text: str) -> str:
    """java.util.Properties.load, for one value (JDK's own algorithm: escapes, \\u, leading blanks)."""
    text = text.lstrip(" \t\f")
    units: list[int] = []
    i = 0
    while i < len(text):
        if text[i] != "\\":
            units.append(ord(text[i]))
            i += 1
            continue
        mark = text[i + 1]
        if mark == "u":
            units.append(int(text[i + 2 : i + 6], 16))
            i += 6
        else:
            units.append(ord({"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(mark, mark)))
            i += 2
    return b"".join(u.to_bytes(2, "big") for u in units).decode("utf-16-be")


def deobfuscate(text: str) -> str:
    """org.eclipse.jetty.util.security.Password.deobfuscate, Jetty 9.4."""
    text = text.removeprefix("OBF:")
    out = bytearray()
    i = 0
    while i < len(text):
        if text[i] == "U":
            out.append(int(text[i + 1 : i + 5], 36) >> 8)
            i += 5
        else:
            number = int(text[i : i + 4], 36)
            out.append((number // 256 + number % 256 - 254) // 2)
            i += 4
    return out.decode()


@pytest.mark.parametrize("text", NASTY)
def test_a_property_value_survives(text: str) -> None:
    written = escape(text)
    assert written.isascii()
    assert "\n" not in written
    assert read_properties_value(written) == text


@pytest.mark.parametrize("text", NASTY)
def test_an_obfuscated_password_survives_the_realm_file(text: str) -> None:
    written = obfuscate(text)
    assert "," not in written
    assert deobfuscate(written) == text


def test_the_known_obfuscation_of_jetty_s_documentation() -> None:
    assert obfuscate("password") == "OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v"


WRITTEN = [  # held against java.util.Properties of Java 17
    ("admin=p\\=w\\:1\\!", {"admin": "p=w:1!"}),
    ("user : x", {"user": "x"}),
    ("user x y", {"user": "x y"}),
    ("user", {"user": ""}),
    ("  user\t=\f x  ", {"user": "x  "}),
    ("a==b", {"a": "=b"}),
    ("a\\ b\\:c = d", {"a b:c": "d"}),
    ("# no=1\n! no=2\n\n  # no=3\na=#1", {"a": "#1"}),
    ("a=one,\\\n   two,\\\r\n\tthree\nb=2", {"a": "one,two,three", "b": "2"}),
    ("a=1\\\n# more\nb=2", {"a": "1# more", "b": "2"}),
    ("# no comment goes on \\\na=1", {"a": "1"}),
    ("a=back\\\\\nb=2", {"a": "back\\", "b": "2"}),
    ("a=\\u00e4\\ud834\\udd1e\\q\\t", {"a": "ä𝄞q\t"}),
    ("a=1\na=2", {"a": "2"}),
    ("a=1\\", {"a": "1"}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "read"), WRITTEN)
def test_a_file_is_read_as_java_reads_it(text: str, read: dict[str, str]) -> None:
    assert parse(text) == read


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_escaped_is_read_back(pairs: dict[str, str]) -> None:
    assert parse("".join(f"{escape(k, key=True)}={escape(v)}\n" for k, v in pairs.items())) == pairs
