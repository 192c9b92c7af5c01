"""The load of the drills' Java client beside the distribution's `activemq producer`, on one broker in the same run.

    python bench/jms.py [--version 6.1.7] [--laps 3] [--messages 5000] [--within 150]

Persistent messages of 200 bytes. Each lap has both sides, with 1 and with 4 connections, in turn. Messages a
second from the first send to the last acknowledgement, by each side's own clock: the JVM's start is in neither.
Prints min / median / max and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from amqctl.activemq import launch
from amqctl.cli import session
from amqctl.cluster.jms import JavaClients
from amqctl.drills.jmsload import loading
from amqctl.drills.live import LiveTarget
from amqctl.drills.model import Subject
from amqctl.drills.recorder import Recorder
from amqctl.drills.stage import Options, Stage
from amqctl.drills.target import Facts
from amqctl.provision import dist, javaclient, jre
from amqctl.provision.sources import from_env
from amqctl.wait import NotYet, until

REPOSITORY = Path(__file__).resolve().parent.parent
LOGGING = {
    "log4j2.properties": "rootLogger.level=INFO\nrootLogger.appenderRef.o.ref=o\nappender.o.type=Console\n"
    "appender.o.name=o\nappender.o.layout.type=PatternLayout\nappender.o.layout.pattern=%m%n\n",
    "log4j.properties": "log4j.rootLogger=INFO, o\nlog4j.appender.o=org.apache.log4j.ConsoleAppender\n"
    "log4j.appender.o.layout=org.apache.log4j.PatternLayout\nlog4j.appender.o.layout.ConversionPattern=%m%n\n",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", default="6.1.7")
    parser.add_argument("--laps", type=int, default=3)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--within", type=float, default=150, help="seconds after which no lap begins")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        file = root / "bench-jms.yaml"
        text = (REPOSITORY / "topologies/single.yaml").read_text()
        text = re.sub("(?m)^name: .*", "name: bench-jms\nports: {offset: 640}", text)
        file.write_text(text.replace("activemq: 6.1.7", f"activemq: {options.version}"))
        os.environ |= {"AMQCTL_CACHE": str(from_env(os.environ).cache), "AMQCTL_HOME": str(root / "home")}
        try:
            amqctl("up", str(file))
            report(measure(options, root))
        finally:
            amqctl("down", "--volumes")


def amqctl(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "amqctl", *words], check=True, capture_output=True)


def measure(options: argparse.Namespace, root: Path) -> dict[tuple[str, int], list[float]]:
    opened = session.running("bench-jms")
    target = LiveTarget(opened.cluster, client="jms")
    sources = from_env(os.environ)
    command = javaclient.obtain(options.version, sources, lambda event: None).command
    clients = JavaClients(command)
    rates: dict[tuple[str, int], list[float]] = {}
    begun = time.monotonic()
    try:
        for lap in range(options.laps + 1):
            for threads in (1, 4):
                if lap > 1 and time.monotonic() - begun > options.within:
                    return rates
                ours = drills(target, clients, threads, options.messages, lap)
                theirs = producer(target, options, threads, lap, root)
                print(f"lap {lap}, {threads} connections: {ours:,.0f} and {theirs:,.0f}", file=sys.stderr)
                if lap:  # the first one warms both the broker and the class files
                    rates.setdefault(("drills", threads), []).append(ours)
                    rates.setdefault(("producer", threads), []).append(theirs)
    finally:
        clients.close()
    return rates


def drills(target: LiveTarget, clients: JavaClients, threads: int, messages: int, lap: int) -> float:
    """The whole way into the ledger."""
    facts = Facts(tuple(target.groups()), ())
    subject = Subject(facts.groups[0].name, facts.groups[0].name)
    recorder = Recorder()
    stage = Stage(
        target, facts, subject, recorder, clients.connect, Options(producers=threads), f"ours-{lap}-{threads}"
    )
    load = loading(clients)(stage)
    load.start()

    def enough() -> None:
        if load.crashed:
            raise load.crashed
        if recorder.acknowledged < messages:
            raise NotYet(f"{recorder.acknowledged}")

    until(enough, what="the messages are acknowledged", within=120)
    load.stop()
    sends = [op for op in recorder.history() if op.what == "send"]
    acked = [op.at for op in sends if op.phase == "ok"]
    return len(acked) / (acked[-1] - sends[0].at)


def producer(target: LiveTarget, options: argparse.Namespace, threads: int, lap: int, root: Path) -> float:
    """`activemq producer`, which sends --messageCount by each thread."""
    sources = from_env(os.environ)
    copy = dist.obtain(options.version, sources, lambda event: None)
    java = jre.find(17, "auto", lambda event: None).java
    for name, text in LOGGING.items():
        (root / name).write_text(text)
    (address,) = target.groups()[0].openwire.values()
    login = target.login()
    each = options.messages // threads
    line = [
        str(java), "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED",
        f"-Dactivemq.home={copy.home}", f"-Dactivemq.base={copy.home}",
        f"-Dlog4j2.configurationFile={root / 'log4j2.properties'}",
        f"-Dlog4j.configuration={(root / 'log4j.properties').as_uri()}",
        "-cp", launch.class_path(copy), launch.MAIN, "producer", "--brokerUrl", f"tcp://{address}",
        "--user", login.user, "--password", login.password, "--destination", f"queue://theirs-{lap}-{threads}",
        "--messageCount", str(each), "--messageSize", "200", "--persistent", "true",
        "--parallelThreads", str(threads),
    ]  # fmt: skip
    ran = subprocess.run(line, capture_output=True, text=True, timeout=120)
    took = [int(ms) for ms in re.findall(r"Elapsed time in milli second : (\d+)", ran.stdout + ran.stderr)]
    assert ran.returncode == 0 and len(took) == threads, ran.stdout + ran.stderr
    return each * threads / (max(took) / 1000)


def report(rates: dict[tuple[str, int], list[float]]) -> None:
    for (side, threads), found in rates.items():
        ratio = statistics.median(found) / statistics.median(rates["producer", threads])
        shown = " / ".join(f"{each:,.0f}" for each in (min(found), statistics.median(found), max(found)))
        print(f"{side:9s} {threads} connections: {shown} messages a second, {ratio:.2f}x")


if __name__ == "__main__":
    main()
