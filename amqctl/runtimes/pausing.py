"""The ability to freeze a node: its processes stand still, and what they have open stays open.

A second small protocol beside `seam.Runtime`: whoever has it satisfies both.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Pauses(Protocol):
    def pause(self, node: str) -> None: ...  # frozen on return, as observe() sees it it still runs
    def resume(self, node: str) -> None: ...  # goes on where it was; one that is not frozen or not there is fine
