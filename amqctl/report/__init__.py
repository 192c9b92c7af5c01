"""Report -> text, JSON, JUnit XML and an exit code. Nothing here writes; `cli` does."""

from amqctl.report.json import contract as contract
from amqctl.report.json import dumps as dumps
from amqctl.report.json import full as full
from amqctl.report.junit import junit as junit
from amqctl.report.model import build as build
from amqctl.report.model import exit_code as exit_code
from amqctl.report.text import table as table
from amqctl.report.text import text as text
