"""Values as Java reads them back: checked against independent readers of the same formats."""

from __future__ import annotations

import pytest

from amqctl.plan.properties import escape, obfuscate

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
