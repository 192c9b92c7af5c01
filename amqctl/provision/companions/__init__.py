"""What database companions need on this machine: server programs, driver jars, a user, a data directory."""

from __future__ import annotations

from amqctl.provision.companions.accounts import Account as Account
from amqctl.provision.companions.accounts import account as account
from amqctl.provision.companions.accounts import own as own
from amqctl.provision.companions.accounts import problem as problem
from amqctl.provision.companions.jars import obtain_jars as obtain_jars
from amqctl.provision.companions.servers import Server as Server
from amqctl.provision.companions.servers import obtain_server as obtain_server
from amqctl.provision.companions.setup import kept_version as kept_version
from amqctl.provision.companions.setup import lay_out as lay_out
from amqctl.provision.companions.setup import reach as reach
from amqctl.provision.companions.setup import set_up as set_up
