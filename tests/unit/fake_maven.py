"""A Maven repository on loopback that can misbehave."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from amqctl.activemq import distribution
from amqctl.activemq.distribution import Coordinate, Modules


class FakeMaven:
    """files: path -> content. cut: path -> how often it is sent cut off. asked: path -> requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.checksums: dict[str, str] = {}  # where it is not that of the content
        self.cut: Counter[str] = Counter()
        self.status: dict[str, int] = {}
        self.asked: Counter[str] = Counter()
        self.login: str | None = None  # "user:password"

    def put(self, coordinate: Coordinate, content: bytes) -> None:
        self.files[coordinate.path] = content

    def answer(self, path: str, authorization: str | None) -> tuple[int, bytes]:
        self.asked[path] += 1
        if self.login and authorization != "Basic " + base64.b64encode(self.login.encode()).decode():
            return 401, b""
        if path in self.status:
            return self.status[path], b""
        if path in self.files:
            return 200, self.files[path]
        whole = path.removesuffix(".sha1")
        if whole != path and whole in self.files:
            digest = hashlib.sha1(self.files[whole]).hexdigest()
            return 200, f"{self.checksums.get(whole, digest)}  {whole}\n".encode()
        return 404, b""


@contextmanager
def fake_maven() -> Iterator[FakeMaven]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.removeprefix("/maven/")
            status, body = repository.answer(path, self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if repository.cut[path] > 0:
                repository.cut[path] -= 1
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    repository = FakeMaven(f"http://127.0.0.1:{server.server_address[1]}/maven")
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def zipped(entries: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return out.getvalue()


def tarred(entries: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755 if "/bin/" in name else 0o644
            packed.addfile(info, io.BytesIO(content))
    return out.getvalue()


def archive(version: str) -> bytes:
    """What a binary archive of ActiveMQ is in little."""
    top = f"apache-activemq-{version}"
    return tarred(
        {
            f"{top}/bin/activemq": b"#!/bin/sh\n",
            f"{top}/bin/activemq.jar": b"jar",
            f"{top}/bin/linux-x86-64/wrapper": b"binary",
            f"{top}/activemq-all-{version}.jar": b"all",
            f"{top}/lib/b.jar": b"b",
            f"{top}/lib/activemq-spring-{version}.jar": zipped({"activemq.xsd": "<schema/>"}),
            f"{top}/lib/optional/o.jar": b"o",
            f"{top}/lib/web/w.jar": b"w",
            f"{top}/webapps/admin/index.jsp": b"jsp",
            f"{top}/webapps-demo/demo/index.html": b"demo",
            f"{top}/examples/x.txt": b"x",
        }
    )


def publish_archive(repository: FakeMaven, version: str) -> str:
    """Returns its path."""
    recipe = distribution.recipes(version)[0]
    assert isinstance(recipe, distribution.Archive)
    repository.put(recipe.file, archive(version))
    return recipe.file.path


def publish_modules(repository: FakeMaven, version: str) -> Modules:
    """Every root of the recipe, each with a POM; managed ones are version 9, pinned ones as they say."""
    recipe = next(r for r in distribution.recipes(version) if isinstance(r, Modules))
    properties = {"jetty-version": "11.0.25", "jolokia-version": "2.1.2"}
    managed = "".join(_dependency(root, "9") for root in recipe.roots if not root.version)
    repository.put(
        recipe.parent,
        _pom(
            recipe.parent,
            "<properties>"
            + "".join(f"<{key}>{value}</{key}>" for key, value in properties.items())
            + f"</properties><dependencyManagement><dependencies>{managed}</dependencies></dependencyManagement>",
        ),
    )
    for root in recipe.roots:
        number = root.version or "9"
        for key, value in properties.items():
            number = number.replace(f"${{{key}}}", value)
        jar = Coordinate(root.group, root.artifact, number)
        body = ""
        if root.artifact == "activemq-web":  # one that is wanted, one that is not, one for tests only
            body = (
                _dependency(Coordinate("org.jdom", "jdom2"), "2.0")
                + _dependency(Coordinate("org.apache.activemq", "activemq-all"), version)
                + _dependency(Coordinate("junit", "junit"), "4", "<scope>test</scope>")
            )
            repository.put(Coordinate("org.jdom", "jdom2", "2.0"), b"jdom2")
            for transitive in (
                Coordinate("org.jdom", "jdom2", "2.0", packaging="pom"),
                Coordinate("org.apache.activemq", "activemq-all", version, packaging="pom"),
                Coordinate("junit", "junit", "4", packaging="pom"),
            ):
                repository.put(transitive, _pom(transitive, ""))
        content = zipped({"activemq.xsd": "<schema/>"}) if root.artifact == "activemq-spring" else jar.name.encode()
        repository.put(jar, content)
        pom = Coordinate(root.group, root.artifact, number, packaging="pom")
        repository.put(pom, _pom(pom, f"<dependencies>{body}</dependencies>"))
    repository.put(recipe.run, b"run")
    war = {
        "index.jsp": "jsp",
        "images/logo.png": "png",
        "styles/site.css": "css",
        "WEB-INF/web.xml": "<web-app/>",
        "WEB-INF/activemq.xml": "<broker/>",
        "WEB-INF/lib/spring.jar": "jar",
        "META-INF/MANIFEST.MF": "",
    }
    repository.put(recipe.console, zipped(war))
    return recipe


def _dependency(of: Coordinate, version: str, more: str = "") -> str:
    return (
        f"<dependency><groupId>{of.group}</groupId><artifactId>{of.artifact}</artifactId>"
        f"<version>{version}</version>{more}</dependency>"
    )


def _pom(of: Coordinate, body: str) -> bytes:
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        f"<groupId>{of.group}</groupId><artifactId>{of.artifact}</artifactId><version>{of.version}</version>"
        f"{body}</project>"
    ).encode()
