import io

from PIL import Image, PngImagePlugin

from core import tenancy
from core.testing import TenantTestCase
from tenants.models import Logo, Tenant
from tenants.services import logos


def picture(size: tuple[int, int] = (600, 300), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#4338ca").save(out, kind)
    return out.getvalue()


class LogoTests(TenantTestCase):
    def test_an_image_is_drawn_anew_as_a_small_png(self) -> None:
        png = logos.redraw(picture() + b"<script>alert(1)</script>")

        with Image.open(io.BytesIO(png)) as image:
            self.assertEqual((image.format, image.size), ("PNG", (256, 128)))
        self.assertNotIn(b"script", png)

    def test_what_is_no_image_is_refused(self) -> None:
        for content in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 20, picture()[:50]):
            with self.assertRaises(logos.BadLogo):
                logos.redraw(content)

    def test_an_image_with_too_many_pixels_is_refused(self) -> None:
        with self.assertRaisesRegex(logos.BadLogo, "too many pixels"):
            logos.redraw(picture((3000, 2000), "PNG"))

    def test_a_png_with_a_chunk_that_unpacks_to_megabytes_is_refused(self) -> None:
        text, profile, out = PngImagePlugin.PngInfo(), io.BytesIO(), io.BytesIO()
        text.add_text("Comment", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
        Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=text)
        Image.new("RGB", (9, 9)).save(profile, "PNG", icc_profile=bytes(PngImagePlugin.MAX_TEXT_CHUNK + 1))

        for content in (out.getvalue(), profile.getvalue()):
            with self.assertRaisesRegex(logos.BadLogo, "Upload a PNG, JPEG or WebP image"):
                logos.redraw(content)

    def test_a_colour_profile_does_not_come_along(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (9, 9)).save(out, "PNG", icc_profile=b"whatever the uploader wrote")

        with Image.open(io.BytesIO(logos.redraw(out.getvalue()))) as image:
            self.assertEqual(image.info, {})

    def test_a_logo_is_served_on_its_own_tenant_alone(self) -> None:
        alpha = Tenant.objects.get(schema_name="alpha")

        with self.captureOnCommitCallbacks(execute=True):
            logos.store(tenant=alpha, png=logos.redraw(picture()))

        mine = self.client.get("/branding/logo.png")
        theirs = self.client.get("/branding/logo.png", HTTP_HOST="beta.candor.localhost")
        self.assertEqual((mine.status_code, mine["Content-Type"]), (200, "image/png"))
        self.assertEqual(theirs.status_code, 404)
        self.assertContains(self.client.get("/sign-in/"), 'src="/branding/logo.png"')
        tenancy.forget()
        self.assertEqual(Logo.objects.count(), 1)
