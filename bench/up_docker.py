"""The whole `amqctl up` on Docker beside docker-compose of the same four brokers as shipped.

    python -m tests.lab all && python bench/up_docker.py [--runs 5] [--version 5.18.3]

Both start from images that are there and no containers, in turn, and both end when two masters answer and both
ends of the bridge are up (amqctl: when the command has ended, which is later still: its slaves wait too).
The peer is `docker-compose up -d` with an image laid out as the official one, its own start command and
options, and the same configuration but without start="false". The same probe looks at both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import laps
import yaml

from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.plan.model import Place, Plan
from amqctl.plan.render import render
from amqctl.wait import until

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = "/opt/apache-activemq"
OFFICIAL = "amqctl-lab/activemq-classic:{version}"


class Compose:
    """Four brokers as an official image starts them."""

    def __init__(self, text: str, root: Path, image: str) -> None:
        self.plan: Plan = plan_of(
            Intent(text, None), lambda n, _: Place("0.0.0.0", n, "127.0.0.1", f"{HOME}/data", f"{HOME}/stores")
        )
        passwords = {u.name: f"pw-{u.name}" for u in self.plan.settled.users}
        self.login = Login("admin", "pw-admin")
        self.root = root
        files = render(self.plan, passwords, caps)
        for node in self.plan.nodes:
            conf = root / "conf" / node.name
            conf.mkdir(parents=True)
            for name, content in files[node.name].items():
                (conf / name).write_text(content.replace(' start="false"', ""))
        (root / "docker-compose.yml").write_text(yaml.safe_dump(self._document(image), sort_keys=False))

    def _document(self, image: str) -> dict:
        services = {}
        for node in self.plan.nodes:
            services[node.name] = {
                "image": image,
                "hostname": node.name,
                "user": "0:0",  # a new volume belongs to root
                "ports": [f"127.0.0.1:{port}:{port}" for port in node.ports.values()],
                "volumes": [
                    *(f"./conf/{node.name}/{file.name}:{HOME}/conf/{file.name}:ro"
                      for file in (self.root / "conf" / node.name).iterdir()),
                    f"{node.group}:{HOME}/stores/{node.group}",
                ],
            }  # fmt: skip
        return {"services": services, "volumes": {g.name: {} for g in self.plan.settled.groups}}

    def up(self) -> float:
        begun = time.monotonic()
        self._compose("up", "-d")
        until(
            lambda: laps.peer_is_up(self.plan, self.login),
            what="two masters and both bridge ends",
            within=180,
            every=0.02,
        )
        return time.monotonic() - begun

    def down(self) -> None:
        self._compose("kill")
        self._compose("down", "-v")

    def _compose(self, *words: str) -> None:
        tool = shutil.which("docker-compose")
        line = [tool] if tool else ["docker", "compose"]
        subprocess.run([*line, "-p", "amqctl-bench", *words], cwd=self.root, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--version", default="6.1.7")
    options = parser.parse_args()
    text = (REPOSITORY / "topologies/ms-plus-cluster.yaml").read_text()
    text = text.replace("activemq: 6.1.7", f"activemq: {options.version}").replace("{offset: 0}", "{offset: 2700}")
    text = text.replace("name: ms-plus-cluster", "name: bench-docker")
    os.environ.setdefault("AMQCTL_BASE_IMAGE", "amqctl-lab/base:jre17")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        (root / "t.yaml").write_text(text)
        sides: dict[str, laps.Side] = {
            "amqctl up --runtime docker": laps.Amqctl(
                root / "t.yaml", root / "home", up=("--runtime", "docker"), down=("bench-docker",)
            ),
            "docker-compose up -d, as shipped": Compose(
                text, root / "compose", OFFICIAL.format(version=options.version)
            ),
        }
        times = laps.run(sides, options.runs)
    laps.report(f"ms-plus-cluster on Docker, ActiveMQ {options.version}", times)


if __name__ == "__main__":
    main()
