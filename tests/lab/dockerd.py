"""One dockerd: started detached, asked whether it answers, ended."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import psutil
import requests
from docker.errors import DockerException

from amqctl.errors import NeverHappened
from amqctl.wait import NotYet, until
from tests.lab.shell import LabError, last_lines

START = 60.0  # seconds; a cold one on a busy machine took 6
END = 60.0  # it gives each container 10 s first


@dataclass(frozen=True, slots=True)
class Dockerd:
    """options: all that is on its command line. log: what it says, appended."""

    url: str
    log: Path
    options: Sequence[str] = ()

    def start(self) -> psutil.Process:
        """Returns when it answers; a session of its own, so that a Ctrl-C for the tests does not end it."""
        with self.log.open("ab") as log:
            process = psutil.Popen(
                ["dockerd", *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

        def probe() -> None:
            if process.poll() is not None:
                raise LabError(f"dockerd ended at once ({process.returncode}): {self.last_words()}")
            if version(self.url) is None:
                raise NotYet("no answer")

        try:
            until(probe, what=f"dockerd answers at {self.url}", within=START, every=0.1)
        except NeverHappened as exc:
            end(process)
            raise LabError(f"{exc}: {self.last_words()}") from exc
        return psutil.Process(process.pid)

    def last_words(self) -> str:
        return last_lines(self.log.read_text(errors="replace")) if self.log.exists() else "nothing"


def version(url: str | None) -> str | None:
    """Of the engine that answers at url (None: where DOCKER_HOST says); None where none does."""
    with suppress(DockerException, requests.RequestException, OSError):
        client = docker.DockerClient(base_url=url, timeout=10) if url else docker.from_env(timeout=10)
        try:
            return str(client.version()["Version"])
        finally:
            client.close()
    return None


def end(process: psutil.Process) -> None:
    """SIGTERM and wait until it is gone; it ends its containers first. SIGKILL where that takes too long."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    try:
        gone(process, END)
    except NeverHappened:
        with suppress(psutil.NoSuchProcess):
            process.kill()
        gone(process, END)


def gone(process: psutil.Process, within: float) -> None:
    def probe() -> None:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                raise NotYet(f"{process.pid} is {process.status()}")
        with suppress(psutil.Error):  # ours to reap, where it is our child
            process.wait(timeout=0)

    until(probe, what=f"process {process.pid} is gone", within=within)
