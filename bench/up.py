"""The whole `amqctl up` of ms-plus-cluster beside the same four brokers started as shipped.

    python bench/up.py [--runs 5] [--version 5.18.3]

Both start from a warm cache and stopped brokers, in turn, and both end when two masters answer and both
ends of the bridge are up (amqctl: when the command has ended, which is later still: its slaves wait too).
The peer is a plain script: `java -jar bin/activemq.jar start` four times, with the options of the shipped
bin/activemq and bin/env, the same configuration but without start="false" (so its slaves start no web
server), all at once. The same probe looks at both.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import laps

from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.plan.model import Plan
from amqctl.plan.render import render
from amqctl.provision import dist, jre
from amqctl.provision.sources import from_env
from amqctl.wait import until

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPT_OPENS = [
    "--add-reads=java.xml=java.logging",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.net=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.naming/javax.naming.spi=ALL-UNNAMED",
    "--add-opens=java.rmi/sun.rmi.transport.tcp=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.http=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.https=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.jar=ALL-UNNAMED",
]


class Shipped:
    """Four brokers as the distribution starts them."""

    def __init__(self, text: str, root: Path) -> None:
        self.plan: Plan = plan_of(Intent(text, None), lambda n, _: _place(root, n))
        passwords = {u.name: f"pw-{u.name}" for u in self.plan.settled.users}
        self.login = Login("admin", "pw-admin")
        self.root = root
        version = self.plan.nodes[0].broker.version
        sources = from_env(os.environ)
        self.home = dist.obtain(version, sources, lambda e: None).home
        self.java = jre.find(17, "auto", lambda e: None).java
        files = render(self.plan, passwords, caps)
        for node in self.plan.nodes:
            for part in ("conf", "data", "tmp"):
                (root / node.name / part).mkdir(parents=True)
            for shared in node.shared:
                Path(shared).mkdir(parents=True, exist_ok=True)
            for name, content in files[node.name].items():
                content = content.replace(' start="false"', "")
                (root / node.name / "conf" / name).write_text(content)
        self.running: list[subprocess.Popen[bytes]] = []

    def up(self) -> float:
        begun = time.monotonic()
        for node in self.plan.nodes:
            place = self.root / node.name
            with (place / "log").open("wb") as log:
                self.running.append(
                    subprocess.Popen(self._command(place), stdout=log, stderr=log, start_new_session=True)
                )
        until(
            lambda: laps.peer_is_up(self.plan, self.login),
            what="two masters and both bridge ends",
            within=120,
            every=0.02,
        )
        return time.monotonic() - begun

    def _command(self, place: Path) -> list[str]:
        conf = place / "conf"
        return [
            str(self.java), "-Xms64M", "-Xmx1G", "-Djava.util.logging.config.file=logging.properties",
            f"-Djava.security.auth.login.config={conf}/login.config", "-Dcom.sun.management.jmxremote",
            "-Djava.awt.headless=true", f"-Djava.io.tmpdir={place}/tmp", *SCRIPT_OPENS,
            f"-Dactivemq.classpath={conf}:{self.home}/lib", f"-Dactivemq.home={self.home}",
            f"-Dactivemq.base={self.home}", f"-Dactivemq.conf={conf}", f"-Dactivemq.data={place}/data",
            f"-Djolokia.conf=file:{conf}/jolokia-access.xml", "-Dwebconsole.type=invm",
            f"-Dlog4j2.configurationFile=file:{conf}/log4j2.properties",
            "-jar", f"{self.home}/bin/activemq.jar", "start", f"xbean:file:{conf}/activemq.xml",
        ]  # fmt: skip

    def down(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.running.clear()


def _place(root: Path, node: str):
    from amqctl.plan.model import Place

    return Place("127.0.0.1", "127.0.0.1", "127.0.0.1", str(root / node / "data"), str(root / "stores"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--version", default="6.1.7")
    parser.add_argument("--no-parts", action="store_true", help="leave out archive-only and fast-start-only")
    options = parser.parse_args()
    text = (REPOSITORY / "topologies/ms-plus-cluster.yaml").read_text()
    text = text.replace("activemq: 6.1.7", f"activemq: {options.version}").replace("{offset: 0}", "{offset: 2500}")
    variants = {
        "amqctl up": (text, {}),
        "  archive only (jvm.profile: normal)": (text.replace("{heap: 512m}", "{heap: 512m, profile: normal}"), {}),
        "  fast-start only (no archive)": (text, {"AMQCTL_CLASS_DATA": "off"}),
    }
    if options.no_parts:
        variants = {"amqctl up": variants["amqctl up"]}
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        sides: dict[str, laps.Side] = {}
        for number, (name, (topology, extra)) in enumerate(variants.items()):
            file = root / f"t{number}.yaml"
            file.write_text(topology)
            side = laps.Amqctl(file, root / f"home{number}")
            side.env |= extra
            sides[name] = side
        sides["as shipped"] = Shipped(text, root / "shipped")
        times = laps.run(sides, options.runs)
    laps.report(f"ms-plus-cluster, ActiveMQ {options.version}", times)


if __name__ == "__main__":
    main()
