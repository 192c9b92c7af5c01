"""Values as java.util.Properties and Jetty read them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLANK = " \t\f"
_WORDS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.)|$)", re.DOTALL)
_KEY = re.compile(r"(?:\\.|[^\\=: \t\f])*", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")


def escape(text: str, *, key: bool = False) -> str:
    """`text` for a .properties file (java.util.Properties.load): survives any character."""
    out = []
    for i, char in enumerate(text):
        if char in "\\#!=:" or (char == " " and (key or i == 0)):
            out.append("\\" + char)
        elif char in "\t\n\r\f":
            out.append({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}[char])
        elif 0x20 <= ord(char) < 0x7F:
            out.append(char)
        else:
            units = char.encode("utf-16-be")
            out += [f"\\u{units[j]:02x}{units[j + 1]:02x}" for j in range(0, len(units), 2)]
    return "".join(out)


def parse(text: str) -> dict[str, str]:
    """The keys and values of a .properties file, as java.util.Properties.load reads its characters (which it takes
    for ISO-8859-1 where it reads bytes). Of a key that stands there twice the last value holds. A `\\u` without four
    digits, with which Java does not load the file at all, is a u."""
    found = {}
    for line in _logical(text):
        key = _KEY.match(line)
        assert key is not None  # it may be empty, as in Java
        rest = _SEPARATOR.match(line, key.end())
        found[_unescaped(key[0])] = _unescaped(line[rest.end() if rest else key.end() :])
    return found


def _logical(text: str) -> Iterator[str]:
    """Lines that are no comment; one that ends in a single backslash goes on in the next, without its first blanks."""
    whole, goes_on = "", False
    for line in re.split(r"\r\n|\r|\n", text):
        line = line.lstrip(_BLANK)
        if not whole and (not line or line.startswith(("#", "!"))):
            goes_on = False
            continue
        goes_on = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        whole += line[:-1] if goes_on else line
        if not goes_on:
            yield whole
            whole = ""
    if goes_on:
        yield whole


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _WORDS.get(found[2], found[2]) if found[2] else ""

    # two units that are one character come apart from each other, as Java has them
    return _ESCAPED.sub(one, text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def obfuscate(text: str) -> str:
    """Jetty's OBF: form (org.eclipse.jetty.util.security.Password.obfuscate, Jetty 9).

    Not secrecy, but transport: a realm file splits a plain password at its first comma, strips its
    blanks and gives MD5:, CRYPT: and OBF: a meaning.
    """
    data = text.encode()
    out = ["OBF:"]
    for first, second in zip(data, reversed(data), strict=True):
        if first >= 0x80 or second >= 0x80:
            out.append("U" + _base36(first * 256 + second).rjust(4, "0"))
        else:
            out.append(_base36((127 + first + second) * 256 + (127 + first - second)).rjust(4, "0"))
    return "".join(out)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"
