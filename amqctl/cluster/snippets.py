"""How a client connects, as a few lines to paste, by library. Pure text over what `urls` says.

The password is never in them: they take it from the environment variable AMQ_PASSWORD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amqctl.errors import BadUsage

Said = Mapping[str, Any]


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
    package = "jakarta" if all(int(version.split(".")[0]) >= 6 for version in versions) else "javax"
    tls = said.get("tls")
    factory = "ActiveMQSslConnectionFactory" if tls else "ActiveMQConnectionFactory"
    trust = f'factory.setTrustStore("{tls["truststore"]}");\n' if tls else ""
    if tls:
        trust += 'factory.setTrustStorePassword(System.getenv("AMQ_TRUST_PASSWORD"));\n'
    return (
        f"// org.apache.activemq:activemq-client:{max(versions, key=_release)}\n"
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
    note = f"# the JVM: -Djavax.net.ssl.trustStore={tls['truststore']}\n" if tls else ""
    return (
        f"# application.properties\n{note}"
        f"spring.activemq.broker-url={addresses['jms']}\n"
        f"spring.activemq.user={said['username']}\n"
        "spring.activemq.password=${AMQ_PASSWORD}\n"
        "# a connection a message would be a handshake a message\n"
        "spring.activemq.pool.enabled=true\n"
    )


def _stomp(addresses: Said, said: Said, versions: list[str]) -> str:
    hosts = [_split(address) for address in addresses["stomp"]]
    tls = said.get("tls")
    trust = f'    connection.set_ssl(hosts, ca_certs="{tls["ca"]}")\n' if tls else ""
    return (
        "# pip install stomp.py\n"
        "import os\nimport time\n\nimport stomp\n\n"
        f"hosts = {hosts!r}\n\n\n"
        "def connected():\n"
        '    """stomp.py walks the list once in connect() and never by itself after a drop."""\n'
        "    connection = stomp.Connection12(hosts, reconnect_attempts_max=1, heartbeats=(10000, 10000))\n"
        f"{trust}"
        "    while True:\n"
        "        try:\n"
        f'            connection.connect("{said["username"]}", os.environ["AMQ_PASSWORD"], wait=True)\n'
        "            return connection\n"
        "        except stomp.exception.StompException:\n"
        "            time.sleep(0.2)\n\n\n"
        "connection = connected()\n"
        "# persistent, or a restart may lose it; sent surely when its receipt has come (on_receipt)\n"
        'connection.send("/queue/example", "hello", headers={"persistent": "true"}, receipt="1")\n'
    )


def _proton(addresses: Said, said: Said, versions: list[str]) -> str:
    tls = said.get("tls")
    domain = ""
    given = ""
    if tls:
        domain = (
            "        domain = SSLDomain(SSLDomain.MODE_CLIENT)\n"
            f'        domain.set_trusted_ca_db("{tls["ca"]}")\n'
            "        domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)\n"
        )
        given = ", ssl_domain=domain"
    urls = ", ".join(f'"{url}"' for url in addresses["amqp"])
    return (
        "# pip install python-qpid-proton\n"
        "import os\n\n"
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
        "        event.connection.close()\n\n\n"
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
        "failover.connect((error, client) => {\n"
        "  if (error) throw error;\n"
        '  const frame = client.send({ destination: "/queue/example", persistent: "true" });\n'
        '  frame.end("hello");\n'
        "  client.disconnect();\n"
        "});\n"
    )


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("stomp+ssl://").rpartition(":")
    return host.strip("[]"), int(port)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


# library -> which addresses it takes, and its lines
LIBRARIES: Mapping[str, tuple[str, Callable[[Said, Said, list[str]], str]]] = {
    "java": ("jms", _java),
    "spring": ("jms", _spring),
    "stomp.py": ("stomp", _stomp),
    "proton": ("amqp", _proton),
    "node": ("stomp", _node),
}
