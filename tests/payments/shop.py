"""A small Stripe on loopback, in the shapes of its newest API: the test sets what it has, what it was asked is kept.

It knows idempotency keys as Stripe does: the same key with the same form gets the same answer again, with another form
an error. `away` makes it drop connections, `says` answers the next questions of a path as told.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Raw = dict[str, Any]
LISTS = {
    "customers": "customer",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "invoiceitems": "invoiceitem",
    "checkout/sessions": "checkout.session",
}
PREFIX = {"customer": "cus", "invoiceitem": "ii", "checkout.session": "cs", "credit_note": "cn", "invoice": "in"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came over the wire; the form is flat, with Stripe's brackets in its names."""

    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Shop:
    """What Stripe has: objects by id."""

    objects: dict[str, Raw] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    says: dict[str, tuple[int, Raw]] = field(default_factory=dict)
    away: bool = False
    address: str = ""
    made: int = 0
    answered: dict[str, tuple[dict[str, str], int, Raw]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, raw: Raw) -> Raw:
        self.objects[raw["id"]] = raw
        return raw

    def of(self, kind: str) -> list[Raw]:
        """The newest first."""
        found = [raw for raw in self.objects.values() if raw["object"] == kind]
        return sorted(found, key=lambda raw: raw["created"], reverse=True)

    def posts(self, path: str = "") -> list[Asked]:
        return [one for one in self.asked if one.method == "POST" and path in one.path]

    def answer(self, asked: Asked) -> tuple[int, Raw]:
        with self.lock:
            self.asked.append(asked)
            key = asked.headers.get("idempotency-key", "")
            if key in self.answered and asked.method == "POST":
                form, status, told = self.answered[key]
                if form != asked.form:
                    return 400, {"error": {"type": "idempotency_error", "message": "Other parameters."}}
                return status, told
            status, told = self._answer(asked)
            if key and asked.method == "POST":
                self.answered[key] = (asked.form, status, json.loads(json.dumps(told)))
            return status, told

    def _answer(self, asked: Asked) -> tuple[int, Raw]:
        path = asked.path.removeprefix("/v1/")
        for start, told in self.says.items():
            if path.startswith(start):
                return told
        if path == "billing_portal/sessions":
            return 200, {"id": "bps_1", "object": "billing_portal.session", "url": "https://billing.stripe.com/p/1"}
        if path in LISTS:
            return self._make(LISTS[path], asked) if asked.method == "POST" else (200, self._list(path, asked.form))
        name, _, rest = path.removeprefix("checkout/").partition("/")
        return self._one(asked, *rest.partition("/")[::2]) if name else _missing(path)

    def _list(self, path: str, form: dict[str, str]) -> Raw:
        wanted = {name: value for name, value in form.items() if name in ("customer", "subscription")}
        found = [raw for raw in self.of(LISTS[path]) if all(raw.get(name) == wanted[name] for name in wanted)]
        if form.get("status") not in (None, "all"):
            found = [raw for raw in found if raw["status"] == form["status"]]
        return {"object": "list", "url": f"/v1/{path}", "has_more": False, "data": found}

    def _one(self, asked: Asked, object_id: str, act: str) -> tuple[int, Raw]:
        raw = self.objects.get(object_id)
        if raw is None:
            return _missing(object_id)
        if asked.method == "DELETE":
            raw["status"] = "canceled"
        elif act == "expire" and raw["status"] != "open":
            return 400, {"error": {"type": "invalid_request_error", "message": "Only open ones expire."}}
        elif act == "expire":
            raw["status"] = "expired"
        elif act == "void":
            raw["status"] = "void"
        elif asked.method == "POST":
            self._change(raw, asked.form)
        return 200, raw

    def _change(self, raw: Raw, form: dict[str, str]) -> None:
        """What Candor changes of a subscription."""
        if "items[0][price]" in form:
            raw["items"]["data"][0]["price"]["id"] = form["items[0][price]"]
        if "cancel_at_period_end" in form:
            raw["cancel_at_period_end"] = form["cancel_at_period_end"] == "true"
        for name, value in form.items():
            if name.startswith("metadata["):
                raw["metadata"][name[9:-1]] = value

    def _make(self, kind: str, asked: Asked) -> tuple[int, Raw]:
        self.made += 1
        raw: Raw = {
            "id": f"{PREFIX[kind]}_made{self.made}",
            "object": kind,
            "created": 1_780_000_000 + self.made,
            "livemode": False,
            "customer": asked.form.get("customer"),
            "metadata": {name[9:-1]: value for name, value in asked.form.items() if name.startswith("metadata[")},
        }
        if kind == "checkout.session":
            raw |= {"status": "open", "url": f"https://checkout.stripe.com/c/pay/{raw['id']}"}
        if kind == "credit_note":
            raw |= credit_note(raw["id"], self.objects[asked.form["invoice"]], int(asked.form["amount"]))
        return 200, self.put(raw)


def _missing(what: str) -> tuple[int, Raw]:
    told = {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such object: '{what}'"}
    return 404, {"error": told}


def credit_note(note_id: str, invoice: Raw, cents: int, **more: Any) -> Raw:
    """One of this much of the invoice, tax in the invoice's proportion."""
    tax = sum(one["amount"] for one in invoice["total_taxes"]) * cents // invoice["total"]
    line = {"id": f"cnli_{note_id}", "description": "Given back", "amount": cents - tax, "quantity": 1}
    return {
        "id": note_id,
        "object": "credit_note",
        "number": f"{invoice['number']}-CN-{note_id}",
        "created": invoice["created"] + 600,
        "livemode": False,
        "currency": "usd",
        "customer": invoice["customer"],
        "invoice": invoice["id"],
        "status": "issued",
        "total": cents,
        "total_taxes": [{"amount": tax, "tax_behavior": "exclusive"}],
        "lines": {"object": "list", "has_more": False, "data": [line]},
    } | more


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024  # head and body in one packet: else each answer waits for an acknowledgement
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        do_POST = do_DELETE = do_GET

        def _answer(self) -> None:
            found = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            form = dict(parse_qsl(found.query) + parse_qsl(body.decode(), keep_blank_values=True))
            if shop.away:
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told = shop.answer(Asked(self.command, found.path, form, headers, body))
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Request-Id", "req_test")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def opened(shop: Shop) -> Iterator[None]:
    """It answers on loopback, at its `address`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
    server.daemon_threads = True
    shop.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
