from pathlib import Path

import yaml
from backoffice_testing import ServiceTest

from analytics.handlers import queries
from backoffice.http.openapi import of_service

SERVICE = Path(__file__).resolve().parents[1]


class OpenApi(ServiceTest):
    def test_the_committed_document_is_fresh(self):
        self.assertEqual(of_service(SERVICE), (SERVICE / "openapi.yml").read_text())

    def test_it_is_served_to_everybody(self):
        reply = self.call(queries.api, "GET", "/openapi.json", groups="")
        self.assertEqual((200, yaml.safe_load(of_service(SERVICE))), (reply.status, reply.body))

    def test_points_are_described_although_they_are_not_dumped_by_their_schema(self):
        schemas = yaml.safe_load(of_service(SERVICE))["components"]["schemas"]
        self.assertEqual({"start", "end", "value"}, schemas["Point"]["properties"].keys())
        self.assertEqual({"metrics", "from", "to", "interval", "time_zone"}, set(schemas["Question"]["required"]))
