"""How Django admin looks (django-unfold)."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy

UNFOLD = {
    "SITE_TITLE": "Candor",
    "SITE_HEADER": "Candor platform",
    "SITE_SYMBOL": "verified",
    "SITE_URL": None,
    "ACCOUNT": {
        "navigation": [
            {"title": gettext_lazy("Your account: second factor, sessions"), "link": reverse_lazy("account")}
        ]
    },
    "DASHBOARD_CALLBACK": "core.admin.dashboard",
    "STYLES": [lambda request: static("css/admin.css")],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}],
    "COLORS": {
        "primary": {
            "50": "oklch(96.2% .018 272.3)",
            "100": "oklch(93% .034 272.8)",
            "200": "oklch(87% .065 274)",
            "300": "oklch(78.5% .115 274.7)",
            "400": "oklch(67.3% .182 276.9)",
            "500": "oklch(58.5% .233 277.1)",
            "600": "oklch(51.1% .262 277)",
            "700": "oklch(45.7% .24 277)",
            "800": "oklch(39.8% .195 277.4)",
            "900": "oklch(35.9% .144 278.7)",
            "950": "oklch(25.7% .09 281.3)",
        }
    },
}
