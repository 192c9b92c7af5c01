"""What libyaml says about a text it cannot read, in words that tell what to do."""

from __future__ import annotations

import yaml

from amqctl.errors import Problem

# a part of libyaml's message -> (what is wrong, what to write)
_SAYINGS = (
    ("mapping values are not allowed", "a `:` where no key can be", "check the indentation; quote a text with `: `"),
    ("did not find expected key", "the lines above and this one do not fit together", "indent siblings alike"),
    ("did not find expected '-' indicator", "a list ends here unexpectedly", "indent its items alike, each with `- `"),
    ("did not find expected ',' or '}'", "a `{` is not closed, or a comma is missing", "write {a: 1, b: 2}"),
    ("did not find expected ',' or ']'", "a `[` is not closed, or a comma is missing", "write [a, b]"),
    ("could not find expected ':'", "a key without `:`", "write key: value, with a blank after the colon"),
    ("found unexpected end of stream", "a quote or a bracket is not closed", "close it"),
    ("found unknown escape character", "an unknown escape in a double quoted text", "use single quotes, or write \\\\"),
    ("block sequence entries are not allowed", "a `-` where no list can begin", "put the list on a line of its own"),
    ("block mapping", "the indentation does not fit", "indent siblings alike"),
    ("did not find expected alphabetic or numeric", "a `*` or `&` that names nothing", "write the text in quotes"),
    ("did not find the expected comment or line break", "`>` or `|` begins a folded text here", "write it in quotes"),
    ("did not find expected comment or line break", "`>` or `|` begins a folded text here", "write it in quotes"),
    # from libyaml 0.2.6 on
    ("exceeded maximum nesting depth", "nested far too deep", "a topology needs no more than ten levels"),
    ("undefined tag handle", "`!` begins a tag here", "write the text in quotes"),
)


def explained(error: yaml.MarkedYAMLError, text: str, source: str | None) -> Problem:
    """One problem for what libyaml stumbled over, at the place where it did."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = error.problem or error.context or "it cannot be read"
    what, fix = _words(said, _character(text, line, column))
    begun = error.context_mark
    bracket = any(word in (error.context or "") for word in ("flow", "quoted"))
    if bracket and begun is not None and mark is not None and begun.line != mark.line:
        what += f" (it begins on line {begun.line + 1})"
    return Problem(what, fix, source, line, column)


def _words(said: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in said:
        if character == "\t":
            return "a tab", "YAML is indented with blanks"
        return f"a value cannot begin with {character or 'this character'}", "write it in quotes"
    for part, what, fix in _SAYINGS:
        if part in said:
            return what, fix
    return f"not YAML: {said}", "check the quotes and the indentation"


def _character(text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    if line > len(lines):
        return ""
    return lines[line - 1][column - 1 : column]
