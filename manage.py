#!/usr/bin/env python3
"""Django's commands, and `run`. Finds the embedded services that `make run` started, or starts them for itself."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Set up the environment in the order everything else relies on: .env, services, secrets, Django."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(f"Candor needs Python 3.11, 3.12 or 3.13 and this is {sys.version_info[0]}.{sys.version_info[1]}.")
    sys.path.insert(0, str(ROOT / "platform"))
    try:
        from config import env
        from core import localservices
    except ImportError as error:
        sys.exit(f"Candor's packages are missing ({error.name}): run `make run` once, then use .venv/bin/python.")
    if env.mode() != "test":  # tests never read a person's own set-up
        env.load_dotenv(ROOT / ".env")
    if sys.argv[1:2] == ["restore"]:
        env.require_kek(env.var_dir())
    try:
        if sys.argv[1:2] == ["run"]:
            from core.localservices import supervisor

            sys.exit(supervisor.run(ROOT, env.var_dir(), env.ensure_secrets))
        localservices.provide(env.var_dir())
    except localservices.ServiceError as error:
        sys.exit(f"Candor: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if env.mode() != "production":
        env.ensure_secrets(env.var_dir())
    _django()


def _django() -> None:
    import os

    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
