"""Sign-up: what can't be a name, an address or a subdomain is refused in words, and nothing is stored."""

from django.core.exceptions import ValidationError

from tenants.models import SignUp
from tenants.services import names, signup
from tenants.services.signup import Wish
from tenants.tests.signing_up import FORM, Public

BAD = {
    "taken": ("alpha", "This address is taken"),
    "reserved": ("admin", "The platform keeps this name for itself"),
    "like a reserved one": ("adrnin", "looks like a name of the platform"),
    "a digit for a letter": ("supp0rt", "looks like a name of the platform"),
    "cyrillic": ("\u0430cme", "Cyrillic small letter a"),
    "greek": ("acm\u03b5", "Greek small letter epsilon"),
    "full width": ("\uff41cme", "Fullwidth latin small letter a"),
    "a kelvin sign": ("\u212aappa", "Kelvin sign"),
    "a zero-width joiner": ("ac\u200dme", "Zero width joiner"),
    "an encoded name": ("xn--cme-7cd", "Two hyphens"),
    "a dot": ("acme.evil", "letters, digits and hyphens"),
    "one too long": ("x" * 41, "at most 40"),
    "one of our keys": ("broker", "The platform keeps this name for itself"),
}


class BadInputTests(Public):
    def test_a_bad_subdomain_is_refused_with_what_is_wrong_and_nothing_is_stored(self) -> None:
        for why, (given, words) in BAD.items():
            with self.subTest(why):
                response = self.post(subdomain=given)

                self.assertContains(response, words, status_code=400)
        self.assertEqual((SignUp.objects.count(), self.stored()), (0, self.before))

    def test_an_empty_subdomain_comes_back_with_a_free_suggestion(self) -> None:
        for company, suggested in (("Ångström & Söhne 2", "angstrom-sohne"), ("Alpha", "alpha-2"), ("株式会社", "")):
            response = self.post(company=company, subdomain="")

            self.assertEqual(response.status_code, 400)
            if suggested:
                self.assertContains(response, f'value="{suggested}"', status_code=400)
        self.assertEqual(SignUp.objects.count(), 0)

    def test_bad_names_and_addresses_are_refused(self) -> None:
        for wrong in (
            {"company": "Gam\nma"},
            {"company": "Gam\u202ema"},
            {"owner_name": "Olga\x00"},
            {"owner_name": "Olga\x1b[2J"},
            {"company": " "},
            {"email": "olga@gamma.example\nBcc: all@gamma.example"},
            {"email": "olga"},
            {"plan_code": "free-forever"},
        ):
            with self.subTest(wrong):
                self.assertEqual(self.post(**wrong).status_code, 400)
                with self.assertRaises(ValidationError):
                    signup.ask(Wish(**(FORM | wrong)))
        self.assertEqual(SignUp.objects.count(), 0)

    def test_capitals_and_spaces_around_are_forgiven(self) -> None:
        self.assertEqual(names.clean_subdomain(" Gamma "), "gamma")

    def test_the_hint_says_it_with_and_without_scripts(self) -> None:
        free = self.client.get("/start/hint/", {"subdomain": "gamma"}).json()
        taken = self.client.get("/start/hint/", {"subdomain": "alpha"}).json()
        company = self.client.get("/start/hint/", {"company": "Alpha"}).json()
        page = self.client.post("/start/", FORM | {"check": "1", "subdomain": "alpha"})

        self.assertEqual(free, {"subdomain": "gamma", "good": True, "text": "gamma.candor.localhost is free."})
        self.assertEqual((taken["good"], taken["text"]), (False, "This address is taken. “alpha-2” is free."))
        self.assertEqual(company["subdomain"], "alpha-2")
        self.assertContains(page, "This address is taken. “alpha-2” is free.")
        self.assertEqual(SignUp.objects.count(), 0)
