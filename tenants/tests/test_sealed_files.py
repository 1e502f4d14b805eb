"""A sealed file opens whole and in its place, or not at all."""

import io
from unittest import mock

from core.testing import TenantTestCase
from keys.box import CannotOpen
from tenants.services import sealed_files
from tenants.services.sealed_files import SealedWriter, read_sealed


class SealedFileTests(TenantTestCase):
    KEY = b"k" * 32

    def sealed(self, plain: bytes) -> bytes:
        out = io.BytesIO()
        with mock.patch.object(sealed_files, "PIECE", 10), SealedWriter(out, self.KEY, "here") as writer:
            for start in range(0, len(plain), 7):
                writer.write(plain[start : start + 7])
        return out.getvalue()

    def test_what_went_in_comes_out(self) -> None:
        for length in (0, 1, 9, 10, 11, 20, 105):
            plain = bytes(range(length))
            self.assertEqual(b"".join(read_sealed(io.BytesIO(self.sealed(plain)), self.KEY, "here")), plain)

    def test_a_file_that_was_cut_moved_or_mixed_up_does_not_open(self) -> None:
        whole = self.sealed(bytes(25))
        piece = 4 + 12 + 10 + 16
        for wrong in (whole[:piece], whole[: 2 * piece], whole[piece:], whole[piece : 2 * piece] + whole[:piece]):
            with self.assertRaises(CannotOpen):
                list(read_sealed(io.BytesIO(wrong), self.KEY, "here"))
        with self.assertRaises(CannotOpen):
            list(read_sealed(io.BytesIO(whole), self.KEY, "elsewhere"))
