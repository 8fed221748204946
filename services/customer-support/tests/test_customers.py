from backoffice_testing import ServiceTest
from customer_support.handlers import commands, queries

ANN = {"name": "Ann Smith", "email": "Ann@example.com", "company": "Smith Ltd", "time_zone": "Europe/Berlin"}


class RegisteringACustomer(ServiceTest):
    groups = "agents"

    def test_answers_the_customer_with_location_and_etag(self) -> None:
        reply = self.call(commands.api, "POST", "/customers", ANN)

        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["Location"], f"/customers/{reply.body['id']}")
        self.assertEqual(reply.headers["ETag"], '"1"')
        self.assertEqual(self.call(queries.api, "GET", reply.headers["Location"]).body, reply.body)
