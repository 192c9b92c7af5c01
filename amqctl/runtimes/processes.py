"""The processes of a node, found by what their command lines carry. No pid is ever remembered.

A broker's JVM carries `-Damqctl.node=DIR`, a database server the same in its own way (`--loose-amqctl-node=DIR`),
a supervisor the script's name and DIR. A pid file could name a stranger, or be missing after a crash between
start and write; a command line cannot.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from amqctl.errors import AmqctlError
from amqctl.wait import NotYet, until

MARKS = ("amqctl.node", "amqctl-node")  # an argument that ends with one of these, then "=" and the directory
SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
GONE = 10.0  # seconds a SIGKILLed process may take to disappear


@dataclass(frozen=True, slots=True)
class Found:
    jvm: psutil.Process | None
    supervisor: psutil.Process | None


def find(nodes: Iterable[Path]) -> Mapping[Path, Found]:
    """JVM and supervisor of each node directory, None where there is none."""
    wanted = {str(n): n for n in nodes}
    jvms: dict[Path, psutil.Process] = {}
    supervisors: dict[Path, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if not line or process.status() == psutil.STATUS_ZOMBIE:
                continue
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # gone meanwhile, or somebody else's: neither is ours
        # by its name: another installation of amqctl may have started it
        if line[-1] in wanted and any(Path(word).name == Path(SUPERVISOR).name for word in line[:-1]):
            supervisors[wanted[line[-1]]] = process
            continue
        for word in line:
            key, _, value = word.partition("=")
            if value in wanted and key.endswith(MARKS):
                jvms[wanted[value]] = process
    return {path: Found(jvms.get(path), supervisors.get(path)) for path in wanted.values()}


def await_name(pid: int) -> None:
    """Until a process that was just launched can be found by its command line, or is gone.

    exec closes the pipe by which Popen learns that it worked before the new command line is in place (Linux,
    begin_new_exec): on a busy machine a look in between sees a process without one, and takes the node for stopped.
    """

    def probe() -> None:
        with suppress(psutil.NoSuchProcess):
            if not psutil.Process(pid).cmdline() and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                raise NotYet(f"process {pid} has no command line yet")

    until(probe, what=f"process {pid} has its command line", within=30, every=0.002)


def end(node: Path, *, grace: float | None, by: signal.Signals = signal.SIGTERM) -> None:
    """The node's processes are gone on return. grace: seconds between `by` and SIGKILL; None: only SIGKILL.
    A frozen one is woken, for it could not hear a signal.

    The supervisor is killed first, or it would start the JVM again; one that was just starting a JVM is
    why this looks again until there is nothing.
    """

    def clean() -> None:
        found = find([node])[node]
        if grace is not None and found.jvm is not None:
            _send(found.jvm, signal.SIGCONT)
        if found.supervisor is not None:
            # not waited for here: it runs no line of its own any more, so the JVM may be touched
            _send(found.supervisor, signal.SIGKILL)
        if found.jvm is not None and (grace is None or not _terminated(found.jvm, by, grace)):
            _kill(found.jvm)
        if found.supervisor is not None:
            _kill(found.supervisor)
        return _again(node)

    until(clean, what=f"the processes of {node.name} are gone", within=GONE + (grace or 0), every=0.01)


def freeze(node: Path) -> None:
    """Supervisor and JVM stand still on return. Raises AmqctlError where there is no JVM."""
    found = find([node])[node]
    if found.jvm is None:
        raise AmqctlError(f"{node.name} does not run, so it cannot be frozen")
    for process in (found.supervisor, found.jvm):
        if process is not None:
            _send(process, signal.SIGSTOP)

    def probe() -> None:
        if found.jvm is not None and found.jvm.status() != psutil.STATUS_STOPPED:
            raise NotYet("it still runs")

    until(probe, what=f"{node.name} stands still", within=GONE, every=0.01)


def thaw(node: Path) -> None:
    """What stands still goes on; safe to repeat."""
    found = find([node])[node]
    for process in (found.jvm, found.supervisor):
        if process is not None:
            _send(process, signal.SIGCONT)


def _again(node: Path) -> None:
    left = find([node])[node]
    if left.jvm is not None or left.supervisor is not None:
        raise NotYet("a process of the node is still there")


def _terminated(process: psutil.Process, by: signal.Signals, grace: float) -> bool:
    return _send(process, by) or _ended(process, grace)


def _kill(process: psutil.Process) -> None:
    if not _send(process, signal.SIGKILL) and not _ended(process, GONE):
        raise AmqctlError(f"process {process.pid} does not die (in disk wait?)")


def _send(process: psutil.Process, number: signal.Signals) -> bool:
    """True: it was gone already, and its number may be another's by now, so it must not be waited for."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied as exc:
        raise AmqctlError(f"process {process.pid} belongs to another user") from exc
    return False


def _ended(process: psutil.Process, within: float) -> bool:
    """Whether it ended in time. Ended, not reaped: its parent is gone, and what has process number 1 in a
    container may take seconds to collect it, or never do so."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        return _reaped(process, within)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        return bool(waiting.poll(within * 1000))
    finally:
        os.close(handle)


def _reaped(process: psutil.Process, within: float) -> bool:
    try:
        process.wait(timeout=within)
    except psutil.TimeoutExpired:
        return False
    except psutil.NoSuchProcess:
        return True
    return True


def listener_pid(port: int) -> int | None:
    """Of the process that listens on a TCP port; None where there is none or its owner is not shown to us."""
    with suppress(psutil.AccessDenied):
        for connection in psutil.net_connections(kind="tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and local and local.port == port:
                return connection.pid
    return None


def listener(port: int) -> str:
    """Who listens on a TCP port, for a person: "java (pid 4711)", or "another process"."""
    pid = listener_pid(port)
    with suppress(psutil.Error):  # it has just left
        return f"{psutil.Process(pid).name()} (pid {pid})" if pid else "another process"
    return "another process"
