"""Become a server: detach, give up root where PostgreSQL refuses it, then exec. Run as a file, never imported.

    python -I -S launch.py HOW UID GID LOG COMMAND...

HOW is `plain`, `namespace` (a user namespace of one user in which root looks like uid 65534, while files stay
owned by root) or `drop` (setuid to UID and GID). With a LOG the command is left running in its own session and
its pid is printed; with `-` for LOG the command runs in the foreground. Exit code 126: the command did not start.
"""

import ctypes
import os
import sys
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000


def enter_namespace() -> None:
    """Make a user namespace with one user; this process is NOBODY in it.

    :raises OSError: if the kernel or a sandbox does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


def become(how: str, uid: int, gid: int) -> None:
    if how == "namespace":
        enter_namespace()
    elif how == "drop":
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def detach() -> None:
    """Go on in a fork with a session of its own; the parent prints its pid and ends."""
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        os._exit(0)
    os.setsid()


def redirect(log: str) -> None:
    """Read nothing and write to `log`, which belongs to whoever we are by now."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    silence = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    for source, target in ((silence, 0), (output, 1), (output, 2)):
        os.dup2(source, target)


def main(arguments: list[str]) -> None:
    """Become the command; what goes wrong before is said on the caller's stderr."""
    how, uid, gid, log, *command = arguments
    os.umask(0o077)
    try:
        if log != "-":
            detach()
        become(how, int(uid), int(gid))
        if log != "-":
            redirect(log)
        os.execv(command[0], command)
    except OSError as error:
        print(f"{error.strerror}: {error.filename or command[0]}", file=sys.stderr, flush=True)
        os._exit(126)


if __name__ == "__main__":
    main(sys.argv[1:])
