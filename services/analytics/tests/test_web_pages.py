import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.web.pages import LONGEST, OTHER, page_of


class Pages(unittest.TestCase):
    def test_different_addresses_of_a_page_are_one_page(self):
        for address in (
            "/pricing",
            "/pricing/",
            "//pricing//",
            "/pricing?utm_source=mail&user=jane@example.com",
            "/pricing#top",
            "https://www.example.com/pricing",
            "http://jane:secret@example.com:8080//pricing/?q=1#x",
            "/%70ricing",
        ):
            with self.subTest(address):
                self.assertEqual("/pricing", page_of(address))

    def test_pages_that_differ_stay_apart(self):
        pages = {page_of(one) for one in ("/", "/a", "/A", "/a/b", "/a%2520b", "/a%20b", "/ä", "/a~b", "/a%23b")}
        self.assertEqual(9, len(pages))
        self.assertEqual("/", page_of("https://example.com"))

    def test_characters_that_addresses_may_escape_are_written_in_one_way(self):
        self.assertEqual("/%C3%A4%20b", page_of("/ä b"))
        self.assertEqual("/%C3%A4%20b", page_of("/%c3%a4%20b"))

    def test_a_path_that_is_too_long_is_some_other_page(self):
        self.assertEqual("/" + "a" * (LONGEST - 1), page_of("/" + "a" * (LONGEST - 1)))
        self.assertEqual(OTHER, page_of("/" + "a" * LONGEST))
        self.assertEqual(OTHER, page_of("/" + "ä" * 60))

    def test_what_is_no_address_is_refused(self):
        for text in ("pricing", "", "ftp://example.com/x", "javascript:alert(1)", "http://[", OTHER):
            with self.subTest(text), self.assertRaises(ValueError):
                page_of(text)

    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=400))
    def test_a_page_of_a_page_is_itself_and_never_too_long(self, text):
        page = page_of("/" + text.encode(errors="replace").decode())
        self.assertLessEqual(len(page), LONGEST)
        if page != OTHER:
            self.assertEqual(page, page_of(page))
