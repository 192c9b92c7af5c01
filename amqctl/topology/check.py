"""From text to Settled in one go, so that all problems of a file are named in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from amqctl.errors import BadTopology
from amqctl.topology.conf import Confs
from amqctl.topology.engines import EnginesLike
from amqctl.topology.load import in_file_order, read
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.settle import Given, settle_into
from amqctl.topology.settled import Settled


def settled(
    text: str | bytes,
    source: str | None,
    *,
    caps: Callable[[str], CapsLike],
    engines: EnginesLike,
    name: str | None = None,
    port_offset: int = 0,
    confs: Confs | None = None,
    versions: Mapping[str, str] | None = None,
) -> Settled:
    """load() and settle(). Raises BadTopology with the problems of text, shape and meaning together.

    Where the shape has mistakes, the meaning is checked of what can be read without them; problems
    that would only follow from a part left out are not told.
    """
    found = read(text, source)
    problems = list(found.problems)
    result: Settled | None = None
    if found.topology is not None:
        notes = Notes(found.marks, source, partial=bool(problems))
        result = settle_into(notes, found.topology, Given(caps, engines, name, port_offset, confs, versions or {}))
        problems += notes.problems
    if problems or result is None:
        raise BadTopology(in_file_order(problems))
    return result
