"""What can go wrong with the embedded services, always one sentence that says what to do."""

import errno
from pathlib import Path


class ServiceError(Exception):
    """The embedded services cannot run here; the message says what to do about it."""


def disk_full(place: Path, free_mb: float = 0) -> ServiceError:
    """The error for a disk with no room left; `free_mb` is what is left, in megabytes."""
    return ServiceError(
        f"The disk that holds {place} is full ({free_mb:.0f} MB left): "
        "free some space, or set CANDOR_VAR to a folder on another disk."
    )


def explain(error: OSError, place: Path) -> ServiceError:
    """Turn an operating system error met while writing in `place` into a sentence."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(place)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        name = error.filename or place
        return ServiceError(
            f"{name} cannot be written by this user: run as the user who owns it, "
            "or set CANDOR_VAR to a folder of your own."
        )
    return ServiceError(f"The embedded services met an error of the system: {error}.")
