"""The attributes of <networkConnector> and what each takes: of the schemas of 5.9.1 to 6.3.1, every line of them.

Which of them a version lacks is in `versions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["truth", "number", "text"]

_TRUTHS = (
    "advisoryForFailedForward", "alwaysSyncSend", "autoStart", "bridgeTempDestinations",
    "checkDuplicateMessagesOnDuplex", "conduitNetworkQueueSubscriptions", "conduitSubscriptions",
    "decreaseNetworkConsumerPriority", "dispatchAsync", "duplex", "dynamicOnly", "gcDestinationViews", "staticBridge",
    "suppressDuplicateQueueSubscriptions", "suppressDuplicateTopicSubscriptions", "syncDurableSubs",
    "useBrokerNameAsIdSees", "useCompression", "useVirtualDestSubs",
)  # fmt: skip
_NUMBERS = (
    "advisoryAckPercentage", "advisoryPrefetchSize", "consumerPriorityBase", "consumerTTL", "gcSweepTime",
    "messageTTL", "networkTTL",
)  # fmt: skip
# names of beans among them; prefetchSize is a number, which the schemas leave to the broker
_TEXTS = (
    "bridgeFactory", "brokerName", "brokerService", "brokerURL", "clientIdToken", "connectionFilter",
    "destinationFilter", "discoveryAgent", "discoveryURI", "id", "localUri", "name", "objectName", "password",
    "prefetchSize", "remotePassword", "remoteUserName", "sslContext", "uri", "userName",
)  # fmt: skip

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TRUTHS, "truth"),
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_TEXTS, "text"),
}
