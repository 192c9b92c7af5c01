"""Values as java.util.Properties and Jetty read them."""

from __future__ import annotations


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
