import io

from PIL import Image

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
        with self.assertRaises(logos.BadLogo):
            logos.redraw(picture((3000, 2000), "PNG"))

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
