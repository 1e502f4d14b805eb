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

CREATE_RULESET, ADD_RULE, RESTRICT_SELF, BENEATH = 444, 445, 446, 1
ALL_OF_FILES = (1 << 13) - 1
READ_FILE_AND_DIR = 1 << 2 | 1 << 3


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


def close_files() -> None:
    """Let no file be opened any more but Python's own, to read: its modules and tables come when they are needed.

    By Landlock, where the kernel has it (5.13).
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    handled = ctypes.c_uint64(ALL_OF_FILES)
    rules = libc.syscall(CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    if rules < 0:
        return
    for folder in {sys.prefix, sys.base_prefix}:
        place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        rule = _Beneath(READ_FILE_AND_DIR, place)
        libc.syscall(ADD_RULE, rules, BENEATH, ctypes.byref(rule), 0)
        os.close(place)
    libc.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _limit(name: str, amount: int) -> None:
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not every system knows, or obeys, each of them
        resource.setrlimit(getattr(resource, name), (amount, amount))
