"""A running Java client: lines of JSON both ways, each question answered once, its clock held against ours.

What it may be asked, and the lines of a load, are in docs/clients.md; the other side is amqctl/java. The
process ends with its standard input, so it cannot outlive us.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from itertools import count
from typing import IO, Any

from amqctl.cluster.model import Login
from amqctl.errors import AmqctlError

START = 30.0  # seconds for a JVM to come up on a busy machine
LEAVE = 5.0  # seconds it gets to end by itself
LOOKS = 5  # at its clock: the one with the shortest way there and back counts
SHOWN = 8  # last lines of what it said, in an error

Line = Mapping[str, Any]


class Gone(AmqctlError):
    """It has ended, or says what no answer is: nothing more can be asked."""


class Late(AmqctlError):
    """No answer in time; it may still come, and is then passed over."""


class Failed(AmqctlError):
    """The client's own word. sure: it surely did not happen; else there is no telling."""

    def __init__(self, because: str, *, sure: bool) -> None:
        super().__init__(because)
        self.sure = sure


class JavaProcess:
    """leave: seconds it gets to end by itself.

    offset: seconds to add to its monotonic clock to have ours (`time.monotonic`).
    """

    def __init__(self, command: Sequence[str], login: Login, leave: float = LEAVE) -> None:
        self._leave = leave
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._asked: dict[int, Future[Line]] = {}
        self._loads: dict[str, tuple[Callable[[Line], None], Callable[[str], None]]] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._broken = ""
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
                start_new_session=True,  # a Ctrl-C is for amqctl, which then ends it
            )  # fmt: skip
        except OSError as exc:
            raise Gone(f"the Java client cannot be started: {exc.strerror or exc}") from exc
        self._reader = threading.Thread(target=self._read, name="java-client", daemon=True)
        self._reader.start()
        try:
            tls = login.tls
            self.ask("login", START, user=login.user, password=login.password,
                     ca=tls.pem if tls else None, certificate=tls.certificate if tls else None)  # fmt: skip
            self.offset = self._clocks()
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        return not self._broken

    def ask(self, todo: str, patience: float, /, **fields: Any) -> Line:
        """Its answer, within `patience` seconds. Raises Failed with what it says of a failure, Late, or Gone."""
        number, future = next(self._numbers), Future[Line]()
        with self._lock:
            if self._broken:
                raise self._gone()
            self._asked[number] = future
            self._tell({"do": todo, "n": number, **fields})
        try:
            answer = future.result(patience)
        except FutureTimeout:
            self._asked.pop(number, None)
            raise Late(f"the Java client did not answer within {patience:g} s") from None
        if "failed" in answer:
            raise Failed(str(answer.get("because")), sure=answer["failed"] == "fail")
        return answer

    def listen(self, load: str, hear: Callable[[Line], None], ended: Callable[[str], None]) -> None:
        """hear: each line of that load. ended: why no more of them will come, should the process end first."""
        with self._lock:
            if not self._broken:
                self._loads[load] = (hear, ended)
                return
        ended(self._broken)

    def unlisten(self, load: str) -> None:
        """What is said of it from now on is of no interest."""
        with self._lock:
            self._loads.pop(load, None)

    def close(self) -> None:
        """Gone on return, also one that does not listen. Safe to repeat."""
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(self._leave)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join()
        self._said.close()

    def kill(self) -> None:
        """Whatever it is inside of: no message of it will be sent again."""
        self._process.kill()
        self._process.wait()

    def _clocks(self) -> float:
        """On Linux both read the same clock; elsewhere they begin where they like."""
        best: tuple[float, float] | None = None
        for _ in range(LOOKS):
            before = time.monotonic()
            theirs = int(self.ask("clock", START)["mono"]) / 1e9
            after = time.monotonic()
            if best is None or after - before < best[0]:
                best = (after - before, (before + after) / 2 - theirs)
        assert best is not None
        return best[1]

    def _tell(self, fields: Mapping[str, Any]) -> None:
        """Under the lock. A pipe that is closed shows at the reader, with what was said last."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(fields).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        because = ""
        for line in self._process.stdout:
            try:
                self._hear(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                # who says one thing wrong may have said others wrong: none of it is to be in a ledger
                because = f"it said what is no answer: {line[:80].decode('utf-8', 'replace').strip()}"
                self._process.kill()
                break
        code = self._process.wait()
        self._end(because or f"it ended with exit code {code}")
        self._process.stdout.close()

    def _hear(self, line: dict[str, Any]) -> None:
        if "re" in line:
            if future := self._asked.pop(line["re"], None):
                future.set_result(line)
        elif listener := self._loads.get(line["load"]):
            listener[0](line)

    def _end(self, because: str) -> None:
        with self._lock:
            self._broken = because
            asked, self._asked = self._asked, {}
            loads, self._loads = self._loads, {}
        for future in asked.values():
            future.set_exception(self._gone())
        for _, ended in loads.values():
            ended(because)

    def _gone(self) -> Gone:
        return Gone(f"the Java client is gone: {self._broken}", details=self._last_words())

    def _last_words(self) -> list[str]:
        try:
            self._said.seek(0)
            return self._said.read().decode("utf-8", "replace").splitlines()[-SHOWN:]
        except ValueError:  # closed
            return []
