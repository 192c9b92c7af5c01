"""The engine through TCP: a small forwarder on 127.0.0.1 in front of its unix socket.

Docker's streams (logs, exec, attach) take over the HTTP connection, and each side may close its half first;
so bytes are copied both ways and an end of file is passed on as one.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.lab.shell import LabError

SOCKET = "/var/run/docker.sock"


@contextmanager
def engine_over_tcp(url: str | None = None) -> Iterator[str]:
    """tcp://127.0.0.1:PORT for the engine at url (a unix socket; None: where DOCKER_HOST says)."""
    path = (url or os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}").removeprefix("unix://")
    if "://" in path:
        raise LabError(f"{path} is no unix socket")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # ends its accept()


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:  # the end: nobody listens any more
            return
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(path)
        except OSError:  # no engine: the client sees that the connection is closed
            near.close()
            far.close()
            continue
        threading.Thread(target=_join, args=(near, far), daemon=True).start()


def _join(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=_copy, args=(far, near), daemon=True)
    back.start()
    _copy(near, far)
    back.join()
    near.close()
    far.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Until the source has no more; then the target is told so."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
