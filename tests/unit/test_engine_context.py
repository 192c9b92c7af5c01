"""Which engine is meant: the docker command's own files, and an engine that says who has come."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amqctl.errors import NoEngine
from amqctl.provision import certificates as c
from amqctl.provision.engine import connect, named
from tests.authority import HERE, NOW, authority

CA = authority()


class _Version(BaseHTTPRequestHandler):
    """As much of an engine as connect() asks for."""

    def do_GET(self) -> None:
        body = json.dumps({"ApiVersion": "1.45", "Version": "29.0.0"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The tests' output is not for this."""


@pytest.fixture
def engine() -> Iterator[ThreadingHTTPServer]:
    yield from _serving(None)


@pytest.fixture
def closed_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """One that lets in whoever shows a certificate of the authority."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests takes these before what it was told
        monkeypatch.delenv(name, raising=False)
    mine = tmp_path / "engine.pem"
    mine.write_bytes(c.pem_with_key(c.issue(CA, "engine", HERE, NOW)))
    (tmp_path / "ca.pem").write_bytes(c.pem([CA.certificate]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(mine)
    context.load_verify_locations(tmp_path / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    yield from _serving(context)


def _serving(context: ssl.SSLContext | None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Version)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(docker: Path, name: str, server: ThreadingHTTPServer, *, skip: bool = False) -> Path:
    """As `docker context create` leaves it; where its certificates go."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta, tls = docker / "contexts" / "meta" / key, docker / "contexts" / "tls" / key / "docker"
    meta.mkdir(parents=True)
    tls.mkdir(parents=True)
    endpoint = {"Host": url(server), "SkipTLSVerify": skip}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    return tls


def url(server: ThreadingHTTPServer) -> str:
    return f"tcp://127.0.0.1:{server.server_address[1]}"


def test_the_context_that_a_variable_names_is_taken_also_where_there_are_no_settings(
    tmp_path: Path, engine: ThreadingHTTPServer
) -> None:
    told(tmp_path, "far", engine)
    env = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "far"}
    assert named(env) and connect(env).url == url(engine)


def test_the_variable_wins_over_the_current_one_and_a_host_over_both(
    tmp_path: Path, engine: ThreadingHTTPServer, closed_engine: ThreadingHTTPServer
) -> None:
    told(tmp_path, "far", engine)
    told(tmp_path, "closed", closed_engine)
    (tmp_path / "config.json").write_text('{"currentContext": "closed"}')
    env = {"DOCKER_CONFIG": str(tmp_path)}
    assert connect(env | {"DOCKER_CONTEXT": "far"}).url == url(engine)
    assert connect(env | {"DOCKER_CONTEXT": "closed", "DOCKER_HOST": url(engine)}).url == url(engine)
    with pytest.raises(NoEngine, match="does not answer"):
        connect(env)


def test_a_context_s_certificates_are_shown_and_its_authority_is_believed(
    tmp_path: Path, closed_engine: ThreadingHTTPServer
) -> None:
    tls = told(tmp_path, "closed", closed_engine)
    (tmp_path / "config.json").write_text('{"currentContext": "closed"}')
    env = {"DOCKER_CONFIG": str(tmp_path)}
    me = c.issue(CA, "me", [], NOW)
    (tls / "cert.pem").write_bytes(c.pem([me.certificate]))
    (tls / "key.pem").write_bytes(c.pem_key(me))
    (tls / "ca.pem").write_bytes(c.pem([CA.certificate]))
    assert connect(env).url == url(closed_engine)
    (tls / "ca.pem").write_bytes(c.pem([authority("other").certificate]))
    with pytest.raises(NoEngine, match="does not answer"):
        connect(env)


def test_whoever_skips_verifying_still_encrypts(tmp_path: Path, closed_engine: ThreadingHTTPServer) -> None:
    tls = told(tmp_path, "closed", closed_engine, skip=True)
    me = c.issue(CA, "me", [], NOW)
    (tls / "cert.pem").write_bytes(c.pem([me.certificate]))
    (tls / "key.pem").write_bytes(c.pem_key(me))
    assert connect({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "closed"}).version == "29.0.0"


@pytest.mark.parametrize(
    ("settings", "env", "said"),
    [
        (None, {"DOCKER_CONTEXT": "nowhere"}, "context nowhere is not there"),
        ('{"currentContext": "gone"}', {}, "context gone is not there"),
        ("{", {}, "settings cannot be read"),
    ],
)
def test_what_is_named_and_not_there_is_said(settings: str | None, env: dict[str, str], said: str, tmp_path) -> None:
    """The local engine in its place would bring a cluster up where nobody wants it."""
    if settings is not None:
        (tmp_path / "config.json").write_text(settings)
    with pytest.raises(NoEngine, match=said):
        connect({"DOCKER_CONFIG": str(tmp_path), **env})


def test_a_context_without_an_engine(tmp_path: Path, engine: ThreadingHTTPServer) -> None:
    told(tmp_path, "kube", engine)
    (meta,) = tmp_path.rglob("meta.json")
    meta.write_text('{"Name": "kube", "Endpoints": {"kubernetes": {}}}')
    with pytest.raises(NoEngine, match="context kube names no engine"):
        connect({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "kube"})
