"""Asking one broker's MBeans through the Jolokia of its web console.

One form works on every version: POST, JSON, basic authentication, an Origin header (jolokia-access
strict-checking from 5.17.1; GET is refused from 5.19.7 and 6.2.6; Jolokia 2 wants the JSON type).
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from amqctl.cluster.model import Address, Login
from amqctl.cluster.tls import context

DOMAIN = "org.apache.activemq"


class NoAnswer(Exception):
    """The broker's Jolokia cannot be reached, refuses, or has no such MBean; the text says which."""


class Jolokia:
    """timeout: seconds for one request."""

    def __init__(self, address: Address, login: Login, timeout: float = 2.0) -> None:
        self._address = address
        self._trust = login.tls
        self._timeout = timeout
        token = base64.b64encode(_octets(f"{login.user}:{login.password}")).decode()
        self._headers = {
            "Content-Type": "application/json",
            "Origin": "http://localhost",
            "Authorization": f"Basic {token}",
        }

    def read(self, mbean: str, attributes: Sequence[str]) -> dict[str, Any]:
        """Attribute -> value of one MBean; of a pattern: MBean name -> {attribute: value}."""
        return self.read_all([(mbean, attributes)])[0]

    def read_all(self, wanted: Sequence[tuple[str, Sequence[str]]]) -> list[dict[str, Any]]:
        """Several reads in one request, in order; {} where there is no such MBean."""
        body = [
            {"type": "read", "mbean": m, "attribute": list(a), "config": {"ignoreErrors": "true"}} for m, a in wanted
        ]
        answers = self._post(json.dumps(body))
        return [dict(a["value"]) if a.get("status") == 200 and a.get("value") else {} for a in answers]

    def _post(self, body: str) -> list[Mapping[str, Any]]:
        connection = self._connection()
        try:
            connection.request("POST", "/api/jolokia/", body, self._headers)
            response = connection.getresponse()
            text = response.read()
            if response.status != 200:
                raise NoAnswer(f"HTTP {response.status} from {self._address}")
            answers = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise NoAnswer(f"{self._address}: {exc}") from exc
        finally:
            connection.close()
        if not isinstance(answers, list):
            raise NoAnswer(f"{self._address}: {answers.get('error', 'not a list of answers')}")
        return answers

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address.host, self._address.port
        if self._trust is None:
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        # a console never asks for a certificate
        return http.client.HTTPSConnection(
            host, port, timeout=self._timeout, context=context(replace(self._trust, certificate=None))
        )


def broker(name: str) -> str:
    """The MBean of the broker of that brokerName; all others of it begin so."""
    return f"{DOMAIN}:type=Broker,brokerName={name}"


def keys(mbean: str) -> dict[str, str]:
    """The key properties of an MBean's name; a value that is quoted keeps its quotes."""
    return dict(part.split("=", 1) for part in mbean.partition(":")[2].split(",") if "=" in part)


def _octets(text: str) -> bytes:
    """Jetty reads basic credentials as ISO-8859-1 (BasicAuthenticator, Jetty 9 to 11); what does not fit is UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
