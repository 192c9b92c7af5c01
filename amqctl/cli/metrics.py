"""amqctl metrics"""

from __future__ import annotations

import ipaddress
import time
from contextlib import suppress

import click

from amqctl.cli import console, session
from amqctl.cluster.sight.asking import sight
from amqctl.cluster.watched import Watched
from amqctl.errors import BadUsage
from amqctl.report.prometheus import exposition


@click.command("metrics")
@session.cluster_option
@session.attach_option
@click.option(
    "--serve", metavar="[HOST:]PORT", help="Serve them at /metrics until Ctrl-C; HOST is 127.0.0.1 unless told."
)
def command(cluster_name: str | None, attach: str | None, serve: str | None) -> None:
    """Print metrics in Prometheus' text format: every broker, waiting ones too, links and queues."""
    where = _address(serve) if serve is not None else None
    watched = session.watched(cluster_name, attach)
    if where is None:
        console.out(scraped(watched))
        return
    _serve(watched, *where)


def scraped(watched: Watched) -> str:
    born = time.monotonic()
    seen = sight(watched.look(), watched.login)
    return exposition(seen, round(time.monotonic() - born, 3))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise BadUsage(f"--serve {text}: no port", hint="--serve 9161, or --serve 127.0.0.1:9161")
    return host.strip("[]") or "127.0.0.1", int(port)


def _serve(watched: Watched, host: str, port: int) -> None:
    from amqctl.cli.serving import server

    with server(host, port, lambda: scraped(watched)) as serving:
        console.say(f"metrics at http://{host}:{serving.server_address[1]}/metrics, until Ctrl-C")
        if not _loopback(host):
            console.say("! anyone who reaches this address reads them: there is no password")
        with suppress(KeyboardInterrupt):  # the way to leave
            serving.serve_forever(poll_interval=0.2)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
