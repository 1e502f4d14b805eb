"""The table at the end of `make run`: who interviews, where to look first, and the demo's sign-ins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def table(var: Path, env: Mapping[str, str]) -> str:
    """Lines of name, address and sign-in; the demo tells its own part in `<var>/run/demo.json`."""
    domain, port = env.get("BASE_DOMAIN", "candor.localhost"), env["PORT"]
    demo = _demo(var / "run" / "demo.json")
    admin = demo.get("admin", {})
    rows = [
        ("Interviewer", ", ".join(demo.get("models", [])) or "basic mode (no model set)", ""),
        ("Public site", f"http://{domain}:{port}/", ""),
        ("Platform admin", f"http://admin.{domain}:{port}/", _sign_in(admin)),
        ("  its codes", "", "python manage.py demo_code"),
    ]
    for tenant in demo.get("tenants", []):
        base = f"http://{tenant['host']}:{port}"
        rows.append((tenant["name"], base + tenant["portal_path"], _sign_in(tenant)))
        rows.append(("  as a candidate", base + tenant["candidate_path"], ""))
    rows.append(("Mailbox", f"http://{domain}:{port}/mailbox/", "every mail that Candor sends here"))
    names = max(len(name) for name, _, _ in rows)
    urls = max(len(url) for _, url, text in rows if text)
    return "\n".join(f"  {name:<{names}}  {url:<{urls}}  {text}".rstrip() for name, url, text in rows)


def _demo(path: Path) -> dict[str, Any]:
    try:
        demo: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return demo
    except (OSError, ValueError):
        return {}


def _sign_in(row: Mapping[str, str]) -> str:
    return f"{row['email']} / {row['password']}" if "email" in row else ""
