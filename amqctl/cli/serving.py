"""A small server of one text, which is made anew for each request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from amqctl.errors import AmqctlError, CannotRun, Problem
from amqctl.report.prometheus import CONTENT_TYPE


def server(host: str, port: int, text: Callable[[], str]) -> ThreadingHTTPServer:
    """Bound, not yet serving. GET and HEAD of /metrics; 503 where the cluster cannot be looked at now.

    Raises CannotRun where the address is taken or not this machine's.
    """

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def server_bind(self) -> None:
            # HTTPServer's own looks up the host's name, which may take seconds
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((host, port))
            self.server_address = self.socket.getsockname()

    try:
        return Server((host, port), _handler(text))
    except OSError as exc:
        problem = Problem(f"{host}:{port}: {exc.strerror or exc}", "--serve another address")
        raise CannotRun([problem]) from exc


def _handler(text: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    one = threading.Lock()  # who scrapes twice at once need not ask the brokers twice at once

    class Handler(BaseHTTPRequestHandler):
        server_version = "amqctl"
        timeout = 10  # seconds for a request to come in

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self._answer(404, "text/plain; charset=utf-8", "metrics are at /metrics\n")
                return
            try:
                with one:
                    body = text()
            except AmqctlError as exc:
                self._answer(503, "text/plain; charset=utf-8", f"{exc.message}\n")
                return
            self._answer(200, CONTENT_TYPE, body)

        do_HEAD = do_GET

        def _answer(self, code: int, kind: str, body: str) -> None:
            data = body.encode()
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """A line a scrape would only fill the terminal."""

    return Handler
