"""docs/roles.md says what the matrix says."""

from pathlib import Path

from django.test import SimpleTestCase

from accounts import roles
from accounts.roles import Permission, Role

PAGE = Path(__file__).resolve().parents[3] / "docs" / "roles.md"
NAMES = {role.value: str(role.label) for role in Role} | {
    roles.SUPPORT: "Support",
    roles.SUPPORT_WRITE: "Support that writes",
}


def table() -> str:
    """The matrix as the page shows it."""
    lines = ["| | " + " | ".join(NAMES.values()) + " |", "|---" * (len(NAMES) + 1) + "|"]
    for permission in Permission:
        cells = ["yes" if roles.allows(role, permission) else "–" for role in NAMES]
        lines.append(f"| {permission.label} | " + " | ".join(cells) + " |")
    scopes = [str(roles.scope_of(role).label).lower() for role in NAMES]
    lines.append("| *Jobs and interviews there are* | " + " | ".join(scopes) + " |")
    return "\n".join(lines)


class PageTests(SimpleTestCase):
    maxDiff = None

    def test_the_pages_table_is_the_matrix(self) -> None:
        shown = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]

        self.assertEqual("\n".join(shown), table())

    def test_every_role_has_a_paragraph(self) -> None:
        text = PAGE.read_text()

        self.assertEqual([name for name in NAMES.values() if f"\n**{name}** " not in text], [])
