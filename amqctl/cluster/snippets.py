"""How a client connects, as a few lines to paste, by library. Pure text over what `urls` says.

The password is never in them: they take it from the environment variable AMQ_PASSWORD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from amqctl.activemq.versions import release
from amqctl.errors import BadUsage

Said = Mapping[str, Any]
_JAKARTA = (6, 0, 0)  # from here on activemq-client has jakarta.jms alone


def snippet(library: str, said: Said, versions: list[str], group: str | None = None) -> str:
    """said: of `clients.urls`. versions: of the brokers. group: connect to this one only.

    Raises BadUsage where no broker has the connector that the library speaks.
    """
    addresses = said["cluster"] if group is None else said["groups"][group]
    kind, make = LIBRARIES[library]
    if not addresses[kind]:
        name = "openwire" if kind == "jms" else kind
        raise BadUsage(
            f"no broker has the connector that {library} needs", hint=f"write `connectors: {{{name}: {{}}}}`"
        )
    return make(addresses, said, versions)


def _java(addresses: Said, said: Said, versions: list[str]) -> str:
    # a client's jars speak one of the two, and either client speaks with every broker
    older = [version for version in versions if release(version) < _JAKARTA]
    package = "javax" if older else "jakarta"
    tls = said.get("tls")
    factory = "ActiveMQSslConnectionFactory" if tls else "ActiveMQConnectionFactory"
    trust = f'factory.setTrustStore("{tls["truststore"]}");\n' if tls else ""
    if tls:
        trust += 'factory.setTrustStorePassword(System.getenv("AMQ_TRUST_PASSWORD"));\n'
    return (
        f"// org.apache.activemq:activemq-client:{max(older or versions, key=release)}\n"
        f"import {package}.jms.Connection;\n"
        f"import org.apache.activemq.{factory};\n\n"
        f'var factory = new {factory}("{addresses["jms"]}");\n'
        f'factory.setUserName("{said["username"]}");\n'
        'factory.setPassword(System.getenv("AMQ_PASSWORD"));\n'
        f"{trust}Connection connection = factory.createConnection();\n"
        "connection.start();\n"
    )


def _spring(addresses: Said, said: Said, versions: list[str]) -> str:
    tls = said.get("tls")
    note = ""
    if tls:
        note = f"# the JVM: -Djavax.net.ssl.trustStore={tls['truststore']}"
        note += " -Djavax.net.ssl.trustStorePassword=$AMQ_TRUST_PASSWORD\n"
    return (
        "# org.springframework.boot:spring-boot-starter-activemq and org.messaginghub:pooled-jms\n"
        f"# application.properties\n{note}"
        f"spring.activemq.broker-url={addresses['jms']}\n"
        f"spring.activemq.user={said['username']}\n"
        "spring.activemq.password=${AMQ_PASSWORD}\n"
        "# a connection a message would be a handshake a message; without pooled-jms there is no ConnectionFactory\n"
        "spring.activemq.pool.enabled=true\n"
    )


def _stomp(addresses: Said, said: Said, versions: list[str]) -> str:
    hosts = [_split(address) for address in addresses["stomp"]]
    tls = said.get("tls")
    trust = f'        connection.set_ssl([host], ca_certs="{tls["ca"]}")\n' if tls else ""
    return (
        "# pip install stomp.py\n"
        "import itertools\nimport os\nimport queue\nimport time\n\nimport stomp\n\n"
        f"hosts = {hosts!r}\n\n\n"
        "class Answer(stomp.ConnectionListener):\n"
        "    def __init__(self):\n"
        "        self.said = queue.Queue()\n\n"
        "    def on_connected(self, frame):\n"
        '        self.said.put("connected")\n\n'
        "    def on_error(self, frame):\n"
        '        self.said.put(frame.headers.get("message", ""))\n\n'
        "    def on_disconnected(self):\n"
        '        self.said.put("closed")\n\n\n'
        "def connected():\n"
        '    """One address at a time: of a list stomp.py keeps to the first that accepts, as a waiting broker\'s\n'
        '    published port does, and closes. It never connects again by itself: call this after a drop."""\n'
        "    for host in itertools.cycle(hosts):\n"
        "        connection = stomp.Connection12([host], reconnect_attempts_max=1, heartbeats=(10000, 10000))\n"
        f"{trust}"
        '        connection.set_listener("answer", answer := Answer())\n'
        "        try:\n"
        f'            connection.connect("{said["username"]}", os.environ["AMQ_PASSWORD"])\n'
        "            what = answer.said.get(timeout=5)\n"
        "        except (OSError, stomp.exception.StompException, queue.Empty):\n"
        '            what = "silent"\n'
        '        if what == "connected":\n'
        "            return connection\n"
        '        if "password is invalid" in what:\n'
        "            raise PermissionError(what)\n"
        "        time.sleep(0.2)\n\n\n"
        "connection = connected()\n"
        "# persistent, or a restart may lose it; sent surely when its receipt has come (on_receipt)\n"
        'connection.send("/queue/example", "hello", headers={"persistent": "true"}, receipt="1")\n'
    )


def _proton(addresses: Said, said: Said, versions: list[str]) -> str:
    tls = said.get("tls")
    domain = ""
    given = ""
    if tls:
        numbers = any(map(_is_number, addresses["amqp"]))
        domain = (
            "        domain = SSLDomain(SSLDomain.MODE_CLIENT)\n"
            f'        domain.set_trusted_ca_db("{tls["ca"]}")\n'
            + ("        # VERIFY_PEER_NAME looks for names, and these are none\n" if numbers else "")
            + f"        domain.set_peer_authentication(SSLDomain.VERIFY_PEER{'' if numbers else '_NAME'})\n"
        )
        given = ", ssl_domain=domain"
    urls = ", ".join(f'"{url}"' for url in addresses["amqp"])
    return (
        "# pip install python-qpid-proton\n"
        "import logging\nimport os\n\n"
        f"from proton import {'SSLDomain, ' if tls else ''}Message\n"
        "from proton.handlers import MessagingHandler\n"
        "from proton.reactor import Backoff, Container\n\n\n"
        "class Send(MessagingHandler):\n"
        "    def on_start(self, event):\n"
        f"{domain}"
        "        connection = event.container.connect(\n"
        f"            urls=[{urls}],\n"
        f'            user="{said["username"]}", password=os.environ["AMQ_PASSWORD"],\n'
        f"            reconnect=Backoff(initial=0.01, max_delay=1){given},\n"
        "        )\n"
        '        event.container.create_sender(connection, "example")\n\n'
        "    def on_sendable(self, event):\n"
        '        event.sender.send(Message(body="hello", durable=True))\n'
        "        event.sender.close()\n\n"
        "    def on_accepted(self, event):\n"
        "        event.connection.close()\n\n"
        "    def on_connection_error(self, event):\n"
        "        raise PermissionError(event.connection.remote_condition.description)\n\n"
        "    def on_transport_error(self, event):\n"
        '        """A broker that is away, and is tried again; or a login that it refused."""\n'
        '        if event.transport.condition.name == "amqp:unauthorized-access":\n'
        "            raise PermissionError(event.transport.condition.description)\n"
        '        logging.warning("%s", event.transport.condition)\n\n\n'
        "Container(Send()).run()\n"
    )


def _node(addresses: Said, said: Said, versions: list[str]) -> str:
    tls = said.get("tls")
    more = f', ssl: true, ca: require("fs").readFileSync("{tls["ca"]}")' if tls else ""
    servers = "".join(
        f'  {{ host: "{host}", port: {port}, connectHeaders{more} }},\n'
        for host, port in map(_split, addresses["stomp"])
    )
    return (
        "// npm install stompit\n"
        'const stompit = require("stompit");\n\n'
        f'const connectHeaders = {{ host: "/", login: "{said["username"]}", passcode: process.env.AMQ_PASSWORD }};\n'
        f"const servers = [\n{servers}];\n"
        "const failover = new stompit.ConnectFailover(servers, {\n"
        "  initialReconnectDelay: 10, maxReconnectDelay: 1000, maxReconnects: -1, randomize: false,\n"
        "});\n"
        "// a login that is refused; else the others of the list would be tried for ever\n"
        'failover.on("error", (error) => {\n'
        "  if (error.isApplicationError && error.isApplicationError()) throw error;\n"
        "});\n"
        "failover.connect((error, client) => {\n"
        "  if (error) throw error;\n"
        '  const frame = client.send({ destination: "/queue/example", persistent: "true" });\n'
        '  frame.end("hello");\n'
        "  client.disconnect();\n"
        "});\n"
    )


def _is_number(address: str) -> bool:
    """Whether the host of amqps://host:port is an IP address: Proton compares certificates with names alone."""
    try:
        ip_address(address.rpartition("//")[2].rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("stomp+ssl://").rpartition(":")
    return host.strip("[]"), int(port)


# library -> which addresses it takes, and its lines
LIBRARIES: Mapping[str, tuple[str, Callable[[Said, Said, list[str]], str]]] = {
    "java": ("jms", _java),
    "spring": ("jms", _spring),
    "stomp.py": ("stomp", _stomp),
    "proton": ("amqp", _proton),
    "node": ("stomp", _node),
}
