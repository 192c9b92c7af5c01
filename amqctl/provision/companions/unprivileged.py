"""Run a command as somebody who may do little: `python -I -S unprivileged.py UID GID KEEP COMMAND…`

Database servers refuse to run as root. KEEP is `-`, or `files`: the command may then pass directories that
its user could not enter (an amqctl home below /root), by the one capability CAP_DAC_OVERRIDE. The command
takes the place of this process, and starts in /. Only the standard library: supervisors start it.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Sequence

_GET_SECUREBITS, _SET_SECUREBITS, _CAP_AMBIENT, _RAISE = 27, 28, 47, 2  # prctl(2)
# SECBIT_NO_SETUID_FIXUP. Without it setresuid() would take the capability away, and access(2), by which Java
# finds out whether it may write a file, would not count it.
_NO_FIXUP = 1 << 2
_DAC_OVERRIDE = 1  # capabilities(7)
_HEADER = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process


def main(uid: int, gid: int, keep: bool, command: Sequence[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if keep:
        _must(libc.prctl(_SET_SECUREBITS, libc.prctl(_GET_SECUREBITS, 0, 0, 0, 0) | _NO_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if keep:
        wanted = 1 << _DAC_OVERRIDE  # effective, permitted, inheritable; each in two words
        _must(libc.capset(_HEADER, struct.pack("IIIIII", wanted, wanted, wanted, 0, 0, 0)))
        _must(libc.prctl(_CAP_AMBIENT, _RAISE, _DAC_OVERRIDE, 0, 0))
    os.chdir("/")
    os.umask(0o077)
    os.execv(command[0], list(command))


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"CAP_DAC_OVERRIDE cannot be kept: {os.strerror(number)}")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "files", sys.argv[4:])
    except OSError as exc:
        sys.stderr.write(f"amqctl: {sys.argv[4]} cannot be started as user {sys.argv[1]}: {exc}\n")
        os._exit(126)  # what a shell says of a command that may not be run
