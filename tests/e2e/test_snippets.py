"""What `urls --for` prints is pasted into a program and run, over a takeover."""

from __future__ import annotations

import subprocess
import sys

import pytest

from amqctl.activemq import javaclient
from amqctl.events import silent
from amqctl.provision import dist, jre
from amqctl.provision.companions import obtain_jars
from amqctl.provision.sources import from_env
from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = pytest.mark.real

# Behind the pasted lines: one message before the takeover, which the other end of the pipe says the end of, and one
# after it; then all there is.
PYTHON = """
import sys, threading
queued, got = threading.Event(), queue.Queue()
class Ear(stomp.ConnectionListener):
    def on_receipt(self, frame):
        queued.set()
    def on_message(self, frame):
        got.put(frame.body)
connection.set_listener("ear", Ear())
connection.send("/queue/example", "before", headers={"persistent": "true"}, receipt="2")
assert queued.wait(20)
print("before", flush=True)
sys.stdin.readline()
connection = connected()
connection.set_listener("ear", Ear())
connection.send("/queue/example", "after", headers={"persistent": "true"})
connection.subscribe("/queue/example", id=1, ack="auto")
print(*[got.get(timeout=20) for _ in range(3)])
connection.disconnect()
"""
JAVA = """
        var session = connection.createSession(false, 1);
        var queue = session.createQueue("example");
        var producer = session.createProducer(queue);
        producer.send(session.createTextMessage("hello"));
        producer.send(session.createTextMessage("before"));
        System.out.println("before");
        System.in.read();
        producer.send(session.createTextMessage("after"));
        var consumer = session.createConsumer(queue);
        for (String end : new String[] {" ", " ", "\\n"})
            System.out.print(((%s.jms.TextMessage) consumer.receive(20000)).getText() + end);
        connection.close();
    }
}
"""

WHERE = """
        var session = connection.createSession(false, 1);
        var producer = session.createProducer(session.createQueue("example"));
        producer.send(session.createTextMessage("here"));
        System.out.println(((org.apache.activemq.ActiveMQConnection) connection).getBrokerName());
        System.in.read();
        producer.send(session.createTextMessage("there"));
        System.out.println(((org.apache.activemq.ActiveMQConnection) connection).getBrokerName());
        connection.close();
    }
}
"""
# As docs/networks.md has it.
TOLD = """
apiVersion: amqctl/v1
name: told
activemq: 6.1.7
ports: {{offset: {offset}}}
defaults:
  connectors: {{openwire: {{updateClusterClients: true}}}}
  patch:
    - at: "//amq:transportConnector[@name='openwire']"
      append: |
        <publishedAddressPolicy>
          <bean xmlns="http://www.springframework.org/schema/beans" class="org.apache.activemq.broker.PublishedAddressPolicy">
            <property name="hostMapping">
              <map><entry key="a-1" value="127.0.0.1"/><entry key="b-1" value="127.0.0.1"/></map>
            </property>
          </bean>
        </publishedAddressPolicy>
groups: {{a: {{brokers: 1}}, b: {{brokers: 1}}}}
network: [{{name: n, from: a, to: b, duplex: true}}]
"""  # noqa: E501


def pair(machine: Machine, at: int, version: str = "6.1.7") -> dict[str, str]:
    """Up; what a program that connects to it has in its environment."""
    text = (REPOSITORY / "topologies" / "pair.yaml").read_text().replace("activemq: 6.1.7", f"activemq: {version}")
    text = text.replace("name: pair", f"name: pasted\nports: {{offset: {machine.offset(at)}}}")
    machine.amq("up", topology("pasted", text, machine.home))
    password = machine.amq("urls", "--show-password", "-o", "json").json["password"]
    return {**machine.env, "AMQ_PASSWORD": password}


def over_a_takeover(
    machine: Machine, command: list[str], env: dict[str, str], first: str = "before", last: str = "hello before after"
) -> None:
    """first, last: the lines that it prints before the master of the first group is killed, and after."""
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None and program.stdout is not None
        if program.stdout.readline() != f"{first}\n":
            raise AssertionError(program.communicate(timeout=60)[1])
        machine.amq("kill", f"master@{machine.amq('status', '-o', 'json').json['groups'][0]['name']}")
        out, err = program.communicate("\n", timeout=60)
        assert program.returncode == 0, err
        assert out == f"{last}\n"


def test_the_lines_for_stomp_py_find_the_master_again_and_say_so_where_the_password_is_wrong(
    any_machine: Machine,
) -> None:
    """In containers the first address is that of a broker which waits, after the takeover: its port accepts."""
    env = pair(any_machine, 700)
    text = any_machine.amq("urls", "--for", "stomp.py").out
    over_a_takeover(any_machine, [sys.executable, "-c", text + PYTHON], env)
    any_machine.amq("start", "orders-1", "orders-2")
    over_a_takeover(any_machine, [sys.executable, "-c", text + PYTHON], env)
    wrong = {**env, "AMQ_PASSWORD": "wrong"}
    refused = subprocess.run([sys.executable, "-c", text], env=wrong, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "PermissionError: User name [app] or password is invalid." in refused.stderr


@pytest.mark.parametrize("version", ["6.1.7", "5.18.3"])
def test_the_lines_for_java_compile_against_the_client_they_name_and_fail_over(machine: Machine, version: str) -> None:
    env = pair(machine, 720, version)
    text = machine.amq("urls", "--for", "java").out
    assert f"activemq-client:{version}" in text
    over_a_takeover(machine, compiled(text, version, machine, JAVA), env)


def test_a_client_that_was_given_one_address_goes_on_to_one_that_the_broker_told_it(any_machine: Machine) -> None:
    """Out of a container it is told what is published, by the patch that docs/networks.md has."""
    told = any_machine.amq("up", topology("told", TOLD.format(offset=any_machine.offset(760)), any_machine.home))
    assert "cluster-clients-address" not in told.err
    password = any_machine.amq("urls", "--show-password", "-o", "json").json["password"]
    text = any_machine.amq("urls", "--for", "java", "--group", "a").out
    command = compiled(text, "6.1.7", any_machine, WHERE)
    over_a_takeover(any_machine, command, {**any_machine.env, "AMQ_PASSWORD": password}, "a", "b")


def compiled(text: str, version: str, machine: Machine, rest: str) -> list[str]:
    """What runs it: the imports before a class, the others in its main, with `rest` behind them."""
    sources = from_env(machine.env)
    java = jre.find(javaclient.JAVA_MIN, "auto", silent).java
    jars = javaclient.client_jars(dist.obtain(version, sources, silent).class_path)
    [compiler] = obtain_jars([javaclient.COMPILER], sources, silent)
    lines = text.splitlines()
    imports = [line for line in lines if line.startswith("import")]
    body = [line for line in lines if not line.startswith("import")]
    package = "jakarta" if version.startswith("6") else "javax"
    folder, classes = machine.home / "java", machine.home / "classes"
    folder.mkdir()
    head = [*imports, "class Paste {", "    public static void main(String[] words) throws Exception {", *body]
    (folder / "Paste.java").write_text("\n".join(head) + rest.replace("%s", package))
    made = subprocess.run(
        javaclient.compile_command(java, compiler, jars, folder, classes), capture_output=True, text=True, timeout=120
    )
    assert made.returncode == 0, made.stderr
    return [str(java), "-cp", ":".join(map(str, (classes, *jars))), "Paste"]
