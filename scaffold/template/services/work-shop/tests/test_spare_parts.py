from typing import Any

from backoffice_testing import Reply, ServiceTest

from backoffice.ids import new_id
from work_shop.handlers import commands, queries

CUSTOMER_ID = new_id("cus")
WANTED = {"customer_id": CUSTOMER_ID, "title": "The first one"}


class SparePartTest(ServiceTest):
    groups = "agents"

    def get(self, path: str, query: dict[str, str] | None = None, **how: Any) -> Reply:
        return self.call(queries.api, "GET", path, query=query, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> Reply:
        return self.call(commands.api, "POST", path, body, **how)

    def patch(self, path: str, body: Any, version: str = '"1"') -> Reply:
        return self.call(commands.api, "PATCH", path, body, headers={"If-Match": version})

    def created(self, **details: Any) -> dict[str, Any]:
        reply = self.post("/spare-parts", {**WANTED, **details})
        self.assertEqual(201, reply.status, reply.body)
        return dict(reply.body)

    def assert_problem(self, reply: Reply, status: int, code: str, *fields: str) -> None:
        self.assertEqual((status, code), (reply.status, reply.body.get("code")), reply.body)
        self.assertEqual(set(fields), {error["field"] for error in reply.body["errors"]})


class CreatingASparePart(SparePartTest):
    def test_answers_it_with_location_and_etag(self) -> None:
        reply = self.post("/spare-parts", WANTED)

        self.assertEqual((201, '"1"'), (reply.status, reply.headers["ETag"]))
        self.assertEqual({**WANTED, "state": "active"}, {name: reply.body[name] for name in (*WANTED, "state")})
        self.assertEqual(reply.body, self.get(reply.headers["Location"]).body)

    def test_tells_the_others_by_ids_alone(self) -> None:
        spare_part = self.created()

        (event,) = self.events("SparePartCreated")
        told = {"spare_part_id": spare_part["id"], "customer_id": CUSTOMER_ID, "created_at": spare_part["created_at"]}
        self.assertEqual(
            (spare_part["id"], 1, told), (event["aggregate_id"], event["aggregate_version"], event["data"])
        )

    def test_is_done_once_for_one_idempotency_key(self) -> None:
        first, again = self.post("/spare-parts", WANTED, key="k"), self.post("/spare-parts", WANTED, key="k")

        self.assertEqual((first.status, first.body), (again.status, again.body))
        self.assertEqual(1, len(self.get("/spare-parts").body["items"]))

    def test_names_every_field_at_fault(self) -> None:
        reply = self.post("/spare-parts", {"customer_id": "cus_1", "title": " ", "mood": "sunny"})

        self.assert_problem(reply, 422, "validation_failed", "customer_id", "title", "mood")
        self.assertEqual([], self.events())

    def test_needs_a_member_of_the_group(self) -> None:
        self.assert_problem(self.post("/spare-parts", WANTED, groups="strangers"), 403, "forbidden")


class ChangingASparePart(SparePartTest):
    def test_changes_what_is_named_and_keeps_the_rest(self) -> None:
        spare_part = self.created()

        reply = self.patch(f"/spare-parts/{spare_part['id']}", {"title": "A better name"})
        changed = {**spare_part, "title": "A better name", "updated_at": reply.body["updated_at"]}
        self.assertEqual((200, '"2"', changed), (reply.status, reply.headers["ETag"], reply.body))

    def test_refuses_a_version_that_is_no_longer_there(self) -> None:
        path = f"/spare-parts/{self.created()['id']}"
        self.patch(path, {"title": "Mine"})

        self.assert_problem(self.patch(path, {"title": "Yours"}), 412, "stale_version")
        self.assertEqual("Mine", self.get(path).body["title"])


class EndingASparePart(SparePartTest):
    def test_is_for_good_and_told_once(self) -> None:
        path = f"/spare-parts/{self.created()['id']}"

        self.assertEqual("ended", self.post(f"{path}/end").body["state"])
        self.assert_problem(self.post(f"{path}/end"), 409, "ended")
        self.assert_problem(self.patch(path, {"title": "Late"}, '"2"'), 409, "ended")
        self.assertEqual(1, len(self.events("SparePartEnded")))


class ReadingSpareParts(SparePartTest):
    def test_lists_them_newest_first_page_by_page_and_by_customer(self) -> None:
        ours = [self.created()["id"] for _ in range(3)]
        theirs = self.created(customer_id=new_id("cus"))["id"]

        first = self.get("/spare-parts", {"limit": "3"}).body
        rest = self.get("/spare-parts", {"limit": "3", "cursor": first["next_cursor"]}).body
        found = [spare_part["id"] for spare_part in first["items"] + rest["items"]]
        self.assertEqual(([theirs, *reversed(ours)], None), (found, rest["next_cursor"]))
        of_customer = self.get("/spare-parts", {"customer_id": CUSTOMER_ID}).body["items"]
        self.assertEqual([*reversed(ours)], [spare_part["id"] for spare_part in of_customer])

    def test_answers_404_for_one_that_is_not_there(self) -> None:
        unknown = new_id("spp")
        self.assert_problem(self.get(f"/spare-parts/{unknown}"), 404, "spare_part_not_found")
