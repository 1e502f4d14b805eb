"""The attacks by theme: each makes an encoded response that would sign somebody in if a check were missing.

A theme's module writes its attacks into the table (tests.saml.attacks.table) as it is imported.
"""

from importlib import import_module

from tests.saml.attacks.table import ATTACKS as ATTACKS

THEMES = (
    *("wrapping", "signatures", "references", "times", "addresses", "structure"),
    *("markup", "encryption", "subjects"),
)
for _theme in THEMES:
    import_module(f"{__name__}.{_theme}")
