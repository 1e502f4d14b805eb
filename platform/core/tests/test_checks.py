import platform
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.test import SimpleTestCase

from core import checks


class RolesTests(SimpleTestCase):
    def test_these_roles_are_apart(self) -> None:
        self.assertEqual(checks.roles_are_apart(None), [])

    def test_a_serving_role_that_owns_the_tables_is_an_error(self) -> None:
        for app, owner in (("default", "owner"), ("keys", "keys_owner")):
            same = mock.patch.dict(settings.DATABASES[app], USER=settings.DATABASES[owner]["USER"])
            with self.subTest(app), same:
                [error] = checks.roles_are_apart(None)

                self.assertEqual(error.id, "core.E002")
                self.assertEqual(error.msg, f"The database aliases {app} and {owner} use the same role.")


class PlatformGuardTests(SimpleTestCase):
    """With a .py file in it, platform/ would shadow the standard library's module."""

    def test_platform_is_a_folder_and_no_package(self) -> None:
        self.assertEqual(list((Path(settings.ROOT) / "platform").glob("*.py")), [])
        self.assertEqual(checks.platform_is_no_package(None), [])

    def test_the_standard_library_s_platform_can_still_be_imported(self) -> None:
        self.assertTrue(platform.python_version())
        self.assertNotIn(str(settings.ROOT), str(platform.__file__))

    def test_a_file_in_it_is_an_error_that_names_it(self) -> None:
        root = Path(self.enterContext(TemporaryDirectory()))
        (root / "platform").mkdir()
        (root / "platform" / "__init__.py").touch()

        with self.settings(ROOT=root):
            [error] = checks.platform_is_no_package(None)

        self.assertEqual((error.id, error.msg), ("core.E001", "platform/ holds __init__.py."))
