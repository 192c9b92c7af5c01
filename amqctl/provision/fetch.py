"""Files of a Maven repository, downloaded side by side, each checked against the SHA-1 published beside it.

A file is under cache/maven only once it has been checked, in the layout of a Maven repository, with its
checksum beside it. `jgo` works out coordinates and reads POMs, but merely warns of a wrong checksum, so
every byte comes through here.
"""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.scratch import put, writing
from amqctl.provision.sources import Sources

if TYPE_CHECKING:
    import requests

CHUNK = 256 * 1024  # bytes
ATTEMPTS = 3  # at a file that arrives cut or with a wrong checksum

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


def telling(subject: str, tell: Tell) -> Progress:
    """What tells of each MiB that has come, and of the end."""
    step = 0

    def show(done: int, total: int | None) -> None:
        nonlocal step
        if total is None or done == total or done - step >= 1 << 20:
            step = done
            tell(Event(subject, "progress", "downloading", done, total))

    return show


class Absent(Exception):
    """The repository has no such file. paths: relative to its root."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(", ".join(paths))
        self.paths = tuple(paths)


class _Damaged(Exception):
    """What arrived is not what was published; the text says how."""


class Repository:
    """One repository as `sources` name it. staging: a scratch directory on the cache's file system."""

    def __init__(self, sources: Sources, staging: Path) -> None:
        self.root = sources.cache / "maven"
        self._sources = sources
        self._staging = staging
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Path]] = {}
        self._session: requests.Session | None = None
        if sources.ca_bundle is not None and not sources.ca_bundle.is_file():
            raise NotProvisioned(
                [Problem(f"{sources.ca_bundle}: no such file", "AMQCTL_CA_BUNDLE names a PEM file of certificates")]
            )

    @property
    def url(self) -> str:
        return self._sources.repository

    @property
    def workers(self) -> int:
        return self._sources.workers

    def stop(self) -> None:
        """End the downloads of other threads at their next chunk."""
        self._stopped.set()

    def get(self, path: str, progress: Progress | None = None) -> Path:
        """The checked file; raises Absent, or NotProvisioned with what is in the way.

        Two threads that want one file get it from one download.
        """
        with self._lock:
            future = self._under_way.get(path)
            mine = future is None
            if future is None:
                future = self._under_way[path] = Future()
        if not mine:
            return future.result()
        try:
            future.set_result(self._cached(path) or self._download(path, progress))
        except BaseException as exc:
            future.set_exception(exc)
            raise
        finally:
            with self._lock:
                del self._under_way[path]
        return future.result()

    def get_all(self, paths: Sequence[str], subject: str, text: str, tell: Tell) -> list[Path]:
        """All of them, in the order asked for. Raises Absent with every missing one."""
        missing: list[str] = []
        done = 0
        with ThreadPoolExecutor(self._sources.workers) as pool:
            try:
                futures = [pool.submit(self.get, path) for path in paths]
                for future in as_completed(futures):
                    try:
                        future.result()
                    except Absent as absent:
                        missing += absent.paths
                    done += 1
                    tell(Event(subject, "progress", text, done, len(paths)))
            except BaseException:  # an interrupt too: the other downloads must not run on
                self.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        if missing:
            raise Absent(sorted(missing))
        return [future.result() for future in futures]

    def sha1(self, path: str) -> str:
        """Of a file that get() has returned."""
        return _checksum_beside(self.root / path).read_text("ascii")

    def _cached(self, path: str) -> Path | None:
        place = self.root / path
        if not place.is_file():
            return None
        try:
            expected = _checksum_beside(place).read_text("ascii")
        except FileNotFoundError:
            return None
        return place if _digest(place, "sha1") == expected else None

    def _download(self, path: str, progress: Progress | None) -> Path:
        if self._sources.offline:
            raise NotProvisioned(
                [Problem(f"offline, and not in the cache: {_name(path)}", "run once without --offline, with a network")]
            )
        expected = self._published(path, "sha1", 40)
        if expected is None:
            self._ask(path, lambda response: None)  # absent too? then Absent
            raise NotProvisioned(
                [Problem(f"{self._sources.shown} has no checksum beside {_name(path)}", "ask a repository that has")]
            )
        stronger = self._published(path, "sha512", 128) if path.endswith(".tar.gz") else None
        part = self._staging / uuid.uuid4().hex
        for attempt in range(ATTEMPTS):
            try:
                self._ask(path, lambda response: self._save(response, part, progress))
                _check(part, expected, stronger)
                break
            except _Damaged as exc:
                if attempt + 1 == ATTEMPTS:
                    raise NotProvisioned([_damaged(path, str(exc), self._sources.shown)]) from exc
        place = self.root / path
        with writing(place):
            put(part, place)
            part.write_text(expected, "ascii")
            put(part, _checksum_beside(place))
        return place

    def _published(self, path: str, kind: str, digits: int) -> str | None:
        """The checksum beside a file, in lower-case hex; None where there is none."""
        found: list[str] = []
        try:
            self._ask(f"{path}.{kind}", lambda response: found.append(response.text))
        except Absent:
            return None
        match = re.search(rf"\b[0-9a-fA-F]{{{digits}}}\b", found[0])
        if match is None:
            raise NotProvisioned([_damaged(path, f"its .{kind} is not a checksum", self._sources.shown)])
        return match[0].lower()

    def _save(self, response: requests.Response, part: Path, progress: Progress | None) -> None:
        length = response.headers.get("content-length")
        total = int(length) if length and length.isdigit() else None
        done = 0
        with writing(part), part.open("wb") as out:
            for chunk in response.iter_content(CHUNK):
                if self._stopped.is_set():
                    raise KeyboardInterrupt
                out.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
        if total is not None and done < total and not response.headers.get("content-encoding"):
            raise _Damaged(f"cut off after {done} of {total} bytes")

    def _ask(self, path: str, use: Callable[[requests.Response], object]) -> None:
        """GET `path` and hand the response to `use`; every way it can fail becomes one of our errors."""
        import requests

        if self._stopped.is_set():
            raise KeyboardInterrupt
        session = self._opened()
        bundle = self._sources.ca_bundle
        try:
            with session.get(
                f"{self._sources.repository}/{path}",
                stream=True,
                timeout=(self._sources.connect, self._sources.read),
                # Per request: at the session REQUESTS_CA_BUNDLE would win over it.
                verify=str(bundle) if bundle is not None else None,
            ) as response:
                if response.status_code == 404:
                    raise Absent([path])
                if response.status_code != 200:
                    raise NotProvisioned([_refused(response.status_code, path, self._sources.shown)])
                use(response)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as exc:
            raise _Damaged("the connection was cut") from exc
        except requests.exceptions.RequestException as exc:
            raise NotProvisioned([_unreachable(exc, self._sources.shown)]) from exc

    def _opened(self) -> requests.Session:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3 import Retry

        with self._lock:
            if self._session is None:
                session = requests.Session()
                session.auth = self._sources.credentials
                again = Retry(
                    total=self._sources.retries,
                    backoff_factor=0.3,
                    status_forcelist=(429, 500, 502, 503, 504),
                    raise_on_status=False,
                )
                adapter = HTTPAdapter(pool_maxsize=self._sources.workers, max_retries=again)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session


def _checksum_beside(place: Path) -> Path:
    return place.with_name(place.name + ".sha1")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


def _check(part: Path, sha1: str, sha512: str | None) -> None:
    for kind, expected in (("sha1", sha1), ("sha512", sha512)):
        if expected is not None and _digest(part, kind) != expected:
            raise _Damaged(f"its {kind} is not the published one")


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _damaged(path: str, how: str, shown: str) -> Problem:
    return Problem(
        f"{_name(path)} from {shown}: {how}, {ATTEMPTS} times",
        "nothing of it was kept; try again, or ask another mirror (AMQCTL_MAVEN_MIRROR): a proxy may alter files",
    )


def _refused(status: int, path: str, shown: str) -> Problem:
    fixes = {
        401: "put user and password into AMQCTL_MAVEN_MIRROR: https://user:password@host/path",
        403: "the repository or a proxy forbids it: check AMQCTL_MAVEN_MIRROR and HTTPS_PROXY",
        407: "the proxy wants a user and a password: HTTPS_PROXY=http://user:password@host:port",
    }
    return Problem(f"{shown} answered {status} for {_name(path)}", fixes.get(status, "try again later"))


def _unreachable(exc: Exception, shown: str) -> Problem:
    """No words of the exception: they may quote a proxy's address with its password."""
    import requests

    kinds: tuple[tuple[type[Exception], str, str], ...] = (
        (requests.exceptions.ProxyError, "the proxy cannot be used", "check HTTPS_PROXY and NO_PROXY"),
        (requests.exceptions.SSLError, "its certificate is not trusted",
         "name your company's certificates with AMQCTL_CA_BUNDLE=FILE.pem"),
        (requests.exceptions.ConnectTimeout, "no connection in time", ""),
        (requests.exceptions.Timeout, "it stopped answering", ""),
    )  # fmt: skip
    network = "check the network, HTTPS_PROXY and AMQCTL_MAVEN_MIRROR; with a filled cache --offline works"
    for kind, what, fix in kinds:
        if isinstance(exc, kind):
            return Problem(f"{shown} cannot be reached: {what}", fix or network)
    what = "its name is not known" if _cause(exc, "NameResolutionError") else "the connection failed"
    return Problem(f"{shown} cannot be reached: {what}", network)


def _cause(exc: Any, name: str) -> bool:
    seen: Any = exc
    while seen is not None:
        if name in repr(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
