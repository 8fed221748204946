from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from backoffice.clock import rfc3339
from backoffice.ids import new_id
from customer_support.store import lists
from tests.help_desk import HOUR, HelpDesk


class Lists(HelpDesk):
    def test_show_everything_once_newest_first_whatever_the_page_size(self) -> None:
        customer = self.customer()["id"]
        tickets = [self.ticket(customer_id=customer)["id"] for _ in range(5)]

        for limit in (1, 2, 5, 100):
            self.assertEqual(self.walk("/tickets", limit), sorted(tickets, reverse=True))

    def test_of_customers_show_everything_once_newest_first(self) -> None:
        customers = [self.customer()["id"] for _ in range(3)]

        self.assertEqual(self.walk("/customers", 2), sorted(customers, reverse=True))

    def test_of_tickets_can_be_narrowed_by_one_thing(self) -> None:
        ann, bo = self.customer()["id"], self.customer()["id"]
        fresh = self.ticket(customer_id=ann)["id"]
        assigned = self.assigned(customer_id=bo).removeprefix("/tickets/")
        solved = self.solved().removeprefix("/tickets/")

        def listed(**query: str) -> list[str]:
            return self.walk("/tickets", 1, **query)

        self.assertEqual(listed(status="new"), [fresh])
        self.assertEqual(listed(status="open"), [assigned])
        self.assertEqual(listed(status="solved"), [solved])
        self.assertEqual(listed(status="closed"), [])
        self.assertEqual(listed(customer_id=ann), [fresh])
        self.assertEqual(listed(customer_id=new_id("cus")), [])
        self.assertEqual(listed(assignee="agent@example.com"), sorted([assigned, solved], reverse=True))
        self.assertEqual(listed(assignee="nobody"), [])

    def test_of_tickets_can_be_narrowed_by_one_thing_and_a_status(self) -> None:
        ann = self.customer()["id"]
        fresh = self.ticket(customer_id=ann, queue="sales", tags=["fire", "water"])["id"]
        path = self.assigned(customer_id=ann, queue="sales", tags=["fire"])
        assigned = path.removeprefix("/tickets/")
        both = [assigned, fresh]

        def listed(**query: str) -> list[str]:
            return self.walk("/tickets", 1, **query)

        self.assertEqual((listed(queue="sales"), listed(tag="fire"), listed(tag="water")), (both, both, [fresh]))
        for one in ({"queue": "sales"}, {"tag": "fire"}, {"customer_id": ann}):
            self.assertEqual((listed(status="open", **one), listed(status="new", **one)), ([assigned], [fresh]))
        self.assertEqual(listed(assignee="agent@example.com", status="open"), [assigned])

        self.done(self.patch(path, {"queue": "support", "tags": ["water"]}))
        self.done(self.post(f"{path}/assign", {"assignee": "bo"}))
        self.assertEqual((listed(queue="sales"), listed(queue="support", status="open")), ([fresh], [assigned]))
        self.assertEqual((listed(tag="fire"), listed(tag="water")), ([fresh], both))
        self.assertEqual((listed(assignee="agent@example.com", status="open"), listed(assignee="bo")), ([], [assigned]))

    def test_of_what_has_changed_show_the_last_change_first_and_each_ticket_once(self) -> None:
        began = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
        with patch("backoffice.http.api.now") as now:
            now.return_value = began
            first, second, third = (f"/tickets/{self.ticket()['id']}" for _ in range(3))
            now.return_value = began + timedelta(minutes=1)
            self.done(self.post(f"{second}/messages", {"body": "Hm.", "visibility": "internal"}))
            now.return_value = began + timedelta(minutes=2)
            self.done(self.patch(first, {"priority": "high"}))

        def changed(after: datetime) -> list[str]:
            return [f"/tickets/{id}" for id in self.walk("/tickets", 1, updated_after=rfc3339(after))]

        self.assertEqual(changed(began - timedelta(seconds=1)), [first, second, third])
        self.assertEqual(changed(began), [first, second])
        self.assertEqual(changed(began + timedelta(minutes=2)), [])

        page = self.get("/tickets", {"updated_after": "2026-01-01T00:00:00Z", "limit": "1"}).body
        self.done(self.patch(third, {"priority": "high"}))
        rest = self.get(
            "/tickets", {"updated_after": "2026-01-01T00:00:00Z", "limit": "1", "cursor": page["next_cursor"]}
        ).body
        self.assertEqual([f"/tickets/{item['id']}" for item in rest["items"]], [second])

    def test_show_fewer_where_texts_are_so_long_that_an_answer_has_no_room_for_more(self) -> None:
        tickets = [self.ticket(body="x" * 100, tags=["fire"])["id"] for _ in range(5)]
        with patch.object(lists, "LARGEST_PAGE", 250):
            for query in ({}, {"tag": "fire"}, {"status": "new"}, {"updated_after": "2026-01-01T00:00:00Z"}):
                self.assertEqual(len(self.get("/tickets", query).body["items"]), 2)
                self.assertEqual(self.walk("/tickets", 100, **query), tickets[::-1])

    def test_leave_out_what_an_index_that_lags_behind_still_shows(self) -> None:
        path = self.assigned(queue="sales")
        self.meanwhile("BatchGetItem", lambda: self.done(self.post(f"{path}/solve")))
        self.assertEqual(self.get("/tickets", {"queue": "sales", "status": "open"}).body["items"], [])

    def test_refuse_filters_that_they_do_not_know(self) -> None:
        def refused(**query: str) -> None:
            self.assert_problem(self.get("/tickets", query), 422, "validation_failed", *query)

        refused(status="lost")
        refused(customer_id=new_id("tkt"))
        refused(assignee="#")
        refused(colour="red")
        refused(queue="general", assignee="bo")
        refused(status="new", updated_after="2026-01-01T00:00:00Z")
        refused(updated_after="yesterday")
        self.assert_problem(self.get("/customers", {"colour": "red"}), 422, "validation_failed", "colour")

    def test_stay_right_while_tickets_change_between_two_pages(self) -> None:
        tickets = sorted((self.assigned() for _ in range(4)), reverse=True)
        first = self.get("/tickets", {"status": "open", "limit": "2"}).body
        self.done(self.post(f"{tickets[1]}/solve"))
        self.assigned()

        rest = self.get("/tickets", {"status": "open", "limit": "100", "cursor": first["next_cursor"]}).body
        shown = [f"/tickets/{item['id']}" for item in first["items"] + rest["items"]]
        self.assertEqual(shown, tickets)
        self.assertIsNone(rest["next_cursor"])

    def test_of_messages_and_time_go_on_page_by_page(self) -> None:
        path = self.assigned()
        for number in range(4):
            self.done(self.post(f"{path}/messages", {"body": f"message {number}"}))
            self.done(self.post(f"{path}/time-entries", HOUR))

        for part, count in (("messages", 5), ("time-entries", 4)):
            for limit in (2, 100):
                ids = self.walk(f"{path}/{part}", limit)
                self.assertEqual((len(ids), ids), (count, sorted(ids)))
            self.assertEqual(len(self.get(f"{path}/{part}", {"limit": "1"}).body["items"]), 1)

    def test_of_time_are_empty_where_nobody_has_worked(self) -> None:
        path = self.assigned()

        self.assertEqual(self.walk(f"{path}/time-entries", 1), [])

    def test_refuse_a_cursor_of_another_list_filter_or_user(self) -> None:
        for _ in range(2):
            self.assigned()
        query = {"status": "open", "limit": "1"}
        cursor = {"cursor": self.get("/tickets", query).body["next_cursor"]}

        def refused(path: str, query: dict[str, str], **how: Any) -> None:
            self.assert_problem(self.get(path, query, **how), 400, "bad_cursor")

        refused("/customers", cursor)
        refused("/tickets", cursor)
        refused("/tickets", {"status": "new", **cursor})
        refused("/tickets", {**query, **cursor}, sub="user-2")
        refused("/tickets", {**query, "cursor": "nonsense"})
        self.assertEqual(self.get("/tickets", {**query, **cursor}).status, 200)

    def test_refuse_limits_out_of_bounds(self) -> None:
        for limit in ("0", "101", "-1", "ten", ""):
            self.assert_problem(self.get("/tickets", {"limit": limit}), 400, "bad_limit")
