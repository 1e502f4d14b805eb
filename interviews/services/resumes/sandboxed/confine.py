"""What the reader's process gives up before it looks at a file. Each step holds where another is not permitted."""

import contextlib
import ctypes
import os
import resource
import signal
import sys

from . import bounds

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


def enter(parent: int) -> None:
    """Die with the parent, lose the network, and take the limits on."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # A new user namespace also takes away what root may do to files and processes of others.
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
            libc.unshare(CLONE_NEWNET)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it went before the kernel was told
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_NPROC", 0)
    _limit("RLIMIT_AS", bounds.MEMORY)
    _limit("RLIMIT_NOFILE", bounds.OPEN_FILES)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (bounds.CPU_SECONDS, bounds.CPU_SECONDS + 1))


def _limit(name: str, amount: int) -> None:
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not every system knows, or obeys, each of them
        resource.setrlimit(getattr(resource, name), (amount, amount))
