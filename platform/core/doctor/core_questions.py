"""What core itself asks, in the order in which it is printed."""

from core import doctor
from core.doctor import certificates, databases, host, services


def register_all() -> None:
    """Called in AppConfig.ready."""
    doctor.register("database", databases.main)
    doctor.register("keys database", databases.keys)
    doctor.register("rights", databases.rights, needs=("database", "keys database"))
    doctor.register("clock", databases.clock, needs=("database",))
    doctor.register("valkey", services.valkey)
    doctor.register("worker", services.worker, needs=("valkey",))
    doctor.register("sweeps", services.sweeps, needs=("valkey",))
    doctor.register("queues", services.queues, needs=("valkey",))
    doctor.register("backlog", services.backlog, needs=("database",))
    doctor.register("disk", host.disk)
    doctor.register("secrets", host.secrets)
    doctor.register("mail", host.mail)
    doctor.register("certificates", certificates.public_site)
