"""The process environment: `.env`, typed reads, and the secrets of a first run."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

REQUIRED_IN_PRODUCTION = (
    "SECRET_KEY",
    "KEK_FILE",
    "BASE_DOMAIN",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "KEYS_DATABASE_URL",
    "KEYS_DATABASE_OWNER_URL",
    "REDIS_URL",
    "FORWARDED_ALLOW_IPS",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
)


class MissingSettings(SystemExit):
    """A setting that production needs is not in the environment."""


class MissingKey(SystemExit):
    """There is no key-encryption key where one must be already."""


class UnsafeSettings(SystemExit):
    """A setting of production would protect nobody."""


def load_dotenv(path: Path) -> None:
    """Read `path` (KEY=value lines) into the environment; what is already set wins. A missing file is fine."""
    if path.is_file():
        environ.Env.read_env(str(path), overwrite=False)


def mode() -> str:
    """`development` (the default), `test` or `production`."""
    value = os.environ.get("CANDOR_ENV", "development")
    if value not in {"development", "test", "production"}:
        raise SystemExit(f"CANDOR_ENV is {value!r}; use development, test or production.")
    return value


def var_dir() -> Path:
    """The folder that holds everything this installation writes."""
    return Path(os.environ.get("CANDOR_VAR", ROOT / "var")).resolve()


def require_production_settings() -> None:
    """:raises MissingSettings: naming every setting that is missing.
    :raises UnsafeSettings: if FORWARDED_ALLOW_IPS does not name the balancer.
    """
    missing = [name for name in REQUIRED_IN_PRODUCTION if not os.environ.get(name)]
    if missing:
        raise MissingSettings(
            "CANDOR_ENV=production needs these settings in the environment: "
            + ", ".join(missing)
            + ". Each is described in .env.example."
        )
    require_named_balancers(os.environ["FORWARDED_ALLOW_IPS"])


def require_named_balancers(value: str) -> None:
    """Check what uvicorn will believe X-Forwarded-For from: addresses and networks, separated by commas.

    :raises UnsafeSettings: if that is everybody, or a word that uvicorn would quietly match with nobody.
    """
    for item in (part.strip() for part in value.split(",")):
        try:
            everybody = item == "*" or ipaddress.ip_network(item).prefixlen == 0
        except ValueError as error:
            raise UnsafeSettings(f"FORWARDED_ALLOW_IPS names {item!r}, which is no address or network: {error}.")
        if everybody:
            raise UnsafeSettings(
                f"FORWARDED_ALLOW_IPS names {item!r}, which lets every client choose the address that rate limits and "
                "lock-outs count: name the load balancer's addresses or networks, such as 10.0.0.4,10.0.1.0/24."
            )


def kek_file(var: Path) -> Path:
    """Where the key-encryption key is, or will be."""
    return Path(env.str("KEK_FILE", default=str(var / "kek.key")))


def require_kek(var: Path) -> None:
    """For what can do nothing with a new key-encryption key: a restore.

    :raises MissingKey: if there is none; nothing was written.
    """
    path = kek_file(var)
    if not path.is_file():
        raise MissingKey(
            f"{path} is missing, and a new key-encryption key opens no backup. Nothing was restored. Put the key of "
            "the time of the backup there (your copy of it, or secrets/kek.key of a backup made --with-secrets; "
            "mode 0600), or name its place in KEK_FILE, and restore again."
        )


def ensure_secrets(var: Path) -> list[Path]:
    """Write the signing secret and the key-encryption key on a first run (mode 0600).

    :returns: the files that were made, so that the caller can say "back them up".
    """
    var.mkdir(parents=True, exist_ok=True)
    made = [
        _write_once(var / "secret_key", secrets.token_urlsafe(48)),
        _write_once(var / "kek.key", secrets.token_hex(32)),
    ]
    return [path for path in made if path is not None]


def _write_once(path: Path, text: str) -> Path | None:
    """Write a secret completely or not at all, so that a crash never leaves half a key."""
    if path.exists():
        return None
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return None
    finally:
        draft.unlink()
    return path


def model_environment() -> Mapping[str, str]:
    """Where the model layer reads addresses and keys. Tests see a loopback server at most, never somebody's key."""
    if mode() != "test":
        return os.environ
    if not os.environ.get("OPENAI_BASE_URL", "").startswith("http://127.0.0.1:"):
        return {}
    names = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "LLM_MODEL")
    return {name: os.environ[name] for name in names if name in os.environ}


def stripe_settings() -> dict[str, str]:
    """Where payment by card is set up: secret key, webhook secret, address. Tests set their own, of a loopback server.

    :raises UnsafeSettings: if a key is given without the secret that tells Stripe's messages from anybody's.
    """
    names = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE")
    found = {name: "" if mode() == "test" else os.environ.get(name, "").strip() for name in names}
    if found["STRIPE_SECRET_KEY"] and not found["STRIPE_WEBHOOK_SECRET"]:
        raise UnsafeSettings(
            "STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRET: nobody could tell Stripe's messages from forged "
            "ones. The secret (whsec_…) stands beside the webhook's address in Stripe's dashboard."
        )
    if mode() == "production" and found["STRIPE_API_BASE"]:
        raise UnsafeSettings("STRIPE_API_BASE is for tests: in production the secret key goes to Stripe alone.")
    return found
