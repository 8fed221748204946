import unittest
from pathlib import Path

from backoffice.http.openapi import of_service

FOLDER = Path(__file__).resolve().parents[1]


class TheApiDocument(unittest.TestCase):
    def test_is_what_routes_and_schemas_say(self) -> None:
        committed = (FOLDER / "openapi.yml").read_text()
        self.assertEqual(of_service(FOLDER), committed, "run: make openapi")
