"""One of the processes of a deploy. Nothing that knows a model may be imported before Django is set up here."""

import multiprocessing
import signal

import django

from core.localservices.procfile import die_with_parent


def main(database: str) -> None:
    """Take owed schemas of this database's ledger until none is left; ends with its parent, however that ends."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(signal.SIGKILL, parent.pid)
    django.setup()
    from django.db import connections

    from tenants.services import deploying, schemas

    connections[schemas.OWNER].settings_dict["NAME"] = database
    deploying.work()
    connections.close_all()
