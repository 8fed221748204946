from typing import Any

from backoffice_testing import ServiceTest, envelope

from backoffice.ids import new_id
from work_shop.handlers.inbox import inbox
from work_shop.store import Store

CUSTOMER_ID = new_id("cus")


def told(time_zone: str, version: int) -> dict[str, Any]:
    data = {"customer_id": CUSTOMER_ID, "name": "Ann", "email": "ann@example.com", "time_zone": time_zone}
    return envelope("CustomerUpdated", CUSTOMER_ID, data, version=version)


class HearingOfACustomer(ServiceTest):
    def test_keeps_the_newest_in_whatever_order_and_however_often_it_is_told(self) -> None:
        newer, older = told("Europe/Berlin", 2), told("UTC", 1)

        self.assertEqual([], self.deliver(inbox, newer, older, newer))
        self.assertEqual("Europe/Berlin", Store().customer(CUSTOMER_ID).time_zone)

    def test_keeps_no_personal_data(self) -> None:
        self.deliver(inbox, told("UTC", 1))

        everything = str(self.table.client.scan(TableName=self.table.name)["Items"])
        self.assertIn(CUSTOMER_ID, everything)
        self.assertNotIn("ann@example.com", everything)

    def test_leaves_a_message_that_makes_no_sense_to_be_tried_again(self) -> None:
        self.assertEqual([0], self.deliver(inbox, told("Berlin", 1), told("UTC", 1)))
