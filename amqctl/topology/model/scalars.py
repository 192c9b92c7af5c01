"""What the models are made of: patterns of single values, the types made of them, and the base of every map.

`complaints` has a sentence for each pattern, so each is written once.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

# ActiveMQ replaces any other character in a brokerName by "_" and only logs it
# (BrokerService.setBrokerName); ":" is legal there but not in a directory or a container name.
GROUP = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
# A node's name is its host name: one DNS label (RFC 1123).
HOST = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"
# User and group names stand in .properties files and comma separated lists.
PRINCIPAL = r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"
VERSION = r"^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$"
# A server's: the beginning of one will do, 8.4 or 16
SERVER_VERSION = r"^(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){0,3}$"
# A size as ActiveMQ reads it: 64mb, 1 gb, 1024, or a share of what there is: 70%
# (XBeanByteConverterUtil, the same from 5.13 to 6.2; it knows b, k, kb, m, mb, g, gb).
SIZE = r"(?i)^[0-9]{1,15} ?(b|[kmg]b?)?$|^([1-9][0-9]?|100)%$"
HEAP = r"(?i)^[1-9][0-9]{0,6}[kmg]$"
# Becomes an XML attribute or a URI option.
ATTRIBUTE = r"^[A-Za-z_][A-Za-z0-9._-]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
# What every engine takes for a database or a part of a table's name without quotes.
SQL_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
# A reference as the engine reads it, or an image's id: host:port/name:tag@digest.
IMAGE = r"^[A-Za-z0-9\[][A-Za-z0-9._:/@\[\]-]*$"

GroupName = Annotated[str, StringConstraints(pattern=GROUP, max_length=63)]
NodeName = Annotated[str, StringConstraints(pattern=HOST, max_length=63)]
ClusterName = NodeName
LinkName = GroupName
PrincipalName = Annotated[str, StringConstraints(pattern=PRINCIPAL, max_length=63)]
Port = Annotated[int, Field(ge=1, le=65535)]
ServerVersion = Annotated[
    str, StringConstraints(pattern=SERVER_VERSION), BeforeValidator(lambda v: str(v) if type(v) in (int, float) else v)
]
VersionText = Annotated[str, StringConstraints(pattern=VERSION)]
Size = Annotated[str, StringConstraints(pattern=SIZE), BeforeValidator(lambda v: str(v) if type(v) is int else v)]
Heap = Annotated[str, StringConstraints(pattern=HEAP)]
ImageName = Annotated[str, StringConstraints(pattern=IMAGE, max_length=512)]
NetworkName = GroupName  # what the engine accepts
Scalar = str | bool | int | float
Attributes = dict[Annotated[str, StringConstraints(pattern=ATTRIBUTE)], Scalar]


def _empty_as_map(value: object) -> object:
    """`amq1:` with nothing behind it means `amq1: {}`."""
    return {} if value is None else value


def _empty_as_list(value: object) -> object:
    return [] if value is None else value


Empty = BeforeValidator(_empty_as_map)
EmptyList = BeforeValidator(_empty_as_list)


class Shape(BaseModel):
    # strict: `duplex: "yes"` and `port: "61616"` are mistakes, not values; deferred: the validators are
    # built once, as one for the whole topology, which halves what `import` costs
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
