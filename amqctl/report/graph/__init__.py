"""The network as a picture: Mermaid, DOT or SVG of one Drawing. Pure."""

from amqctl.report.graph.dot import dot as dot
from amqctl.report.graph.mermaid import mermaid as mermaid
from amqctl.report.graph.model import Broker as Broker
from amqctl.report.graph.model import Depth as Depth
from amqctl.report.graph.model import Drawing as Drawing
from amqctl.report.graph.model import Group as Group
from amqctl.report.graph.model import Line as Line
from amqctl.report.graph.model import drawing as drawing
from amqctl.report.graph.svg import svg as svg

FORMS = {"mermaid": mermaid, "dot": dot, "svg": svg}
