"""Brokers that amqctl did not start: a published distribution with its own bin/activemq, activemq.xml and jetty.xml,
in which somebody wrote other names, ports and a link."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from amqctl.events import silent
from amqctl.provision import dist, jre
from amqctl.provision.sources import from_env
from tests.e2e.machine import Machine

VERSION = "5.18.3"
JAVA = 17


@dataclass(frozen=True)
class Broker:
    """conf: its directory of configuration files. Ports are of 127.0.0.1."""

    name: str
    conf: Path
    openwire: int
    stomp: int
    console: int


def free_ports(count: int) -> list[int]:
    """All different: each is held until the last is found."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return found


class ByHand:
    """What is in `machine`'s home, and so is ended with it."""

    def __init__(self, machine: Machine) -> None:
        sources = from_env(machine.env)
        self.java = jre.find(JAVA, "auto", silent).java
        self.home = machine.home / "by-hand"
        shutil.copytree(dist.obtain(VERSION, sources, silent).home, self.home / "activemq")

    def write(self, name: str, broker_name: str, store: str, links: Sequence[str] = ()) -> Broker:
        """links: `<networkConnector>` elements. store: brokers of one name share it."""
        conf = self.home / name / "conf"
        shutil.copytree(self.home / "activemq" / "conf", conf)
        broker = Broker(name, conf, *free_ports(3))
        xml = conf / "activemq.xml"
        text = changed(xml.read_text(), 'brokerName="localhost"', f'brokerName="{broker_name}"')
        text = changed(text, "${activemq.data}/kahadb", str(self.home / store))
        if links:
            network = f"<networkConnectors>{''.join(links)}</networkConnectors>\n"
            text = changed(text, "<persistenceAdapter>", f"{network}<persistenceAdapter>")
        listening = (
            f'<transportConnector name="openwire" uri="tcp://127.0.0.1:{broker.openwire}"/>'
            f'<transportConnector name="stomp" uri="stomp://127.0.0.1:{broker.stomp}"/>'
        )
        xml.write_text(re.sub(r"(?s)(<transportConnectors>).*(</transportConnectors>)", rf"\1{listening}\2", text))
        web = conf / "jetty.xml"
        web.write_text(changed(web.read_text(), 'name="port" value="8161"', f'name="port" value="{broker.console}"'))
        return broker

    def start(self, broker: Broker) -> subprocess.Popen[bytes]:
        folder = broker.conf.parent
        env = {
            "PATH": os.environ["PATH"], "JAVA_HOME": str(self.java.parents[1]), "ACTIVEMQ_CONF": str(broker.conf),
            "ACTIVEMQ_DATA": str(folder / "data"), "ACTIVEMQ_TMP": str(folder / "tmp"),
            "ACTIVEMQ_OPTS_MEMORY": "-Xms64m -Xmx256m", "HOME": str(folder),
        }  # fmt: skip
        with (folder / "out").open("wb") as out:
            return subprocess.Popen(
                ["/bin/sh", str(self.home / "activemq" / "bin" / "activemq"), "console"], env=env, cwd=folder,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The script and its JVM."""
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for one in family:
        one.kill()
    process.wait()
    psutil.wait_procs(family, timeout=15)
