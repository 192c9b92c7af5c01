"""ActiveMQ's URIs, as text: discovery, transports, and the failover URI a client should use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# transportConnector schemes by amqctl's connector kind. nio needs fewer threads but plain tcp is what
# ActiveMQ ships; ws is Jetty's.
SCHEMES = {"openwire": "tcp", "stomp": "stomp", "ws": "ws", "amqp": "amqp", "mqtt": "mqtt"}
TLS_SCHEMES = {"openwire": "ssl", "stomp": "stomp+ssl", "ws": "wss", "amqp": "amqp+ssl", "mqtt": "mqtt+ssl"}


def bracketed(host: str) -> str:
    """As a URI has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def query(options: Mapping[str, str]) -> str:
    """`?a=1&b=2`, or nothing. Values are quoted as URISupport.createQueryString does (5.x to 6.x)."""
    from urllib.parse import quote

    return "?" + "&".join(f"{k}={quote(v, safe='$*.,:/-_')}" for k, v in options.items()) if options else ""


def transport(kind: str, host: str, port: int, options: Mapping[str, str], *, tls: bool = False) -> str:
    return f"{(TLS_SCHEMES if tls else SCHEMES)[kind]}://{bracketed(host)}:{port}{query(options)}"


def discovery(via: str, addresses: Iterable[str], options: Mapping[str, str]) -> str:
    """The uri of a networkConnector to `addresses` (tcp:// or ssl://host:port, in order of preference).

    masterslave: is static:(failover:(…)?randomize=false&maxReconnectAttempts=0) and needs two
    addresses (MasterSlaveDiscoveryAgent.configureServices). The options are SimpleDiscoveryAgent's:
    initialReconnectDelay, maxReconnectDelay (milliseconds), useExponentialBackOff.
    """
    listed = ",".join(addresses)
    if via == "failover":
        return f"static:(failover:({listed})?randomize=false&maxReconnectAttempts=0){query(options)}"
    return f"{via}:({listed}){query(options)}"


def multicast(address: str, options: Mapping[str, str]) -> str:
    """Where brokers find each other. address: of a group of hosts, with a port; `default` is 239.255.2.3:6155."""
    return f"multicast://{address}{query(options)}"


def discovered(options: Mapping[str, str]) -> Mapping[str, str]:
    """Options for each address that is found, as a discovery URI has them (DISCOVERED_OPTION_PREFIX)."""
    return {f"discovered.{key}": value for key, value in options.items()}


def failover(addresses: Iterable[str], options: Mapping[str, str]) -> str:
    """What a JMS client connects to: failover:(tcp://a:1,tcp://b:2)?…"""
    return f"failover:({','.join(addresses)}){query(options)}"
