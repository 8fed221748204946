from customer_support.domain.customers import normal_email
from tests.help_desk import ANN, HelpDesk


class RegisteringACustomer(HelpDesk):
    def test_answers_the_customer_with_location_and_etag(self) -> None:
        reply = self.post("/customers", ANN)

        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["Location"], f"/customers/{reply.body['id']}")
        self.assertEqual(reply.headers["ETag"], '"1"')
        self.assertEqual({name: reply.body[name] for name in ANN}, ANN)
        stored = self.get(reply.headers["Location"])
        self.assertEqual((stored.body, stored.headers["ETag"]), (reply.body, '"1"'))

    def test_has_defaults_for_what_is_left_out(self) -> None:
        customer = self.done(self.post("/customers", {"name": "Bo", "email": "bo@example.com"}))

        self.assertEqual((customer["company"], customer["locale"], customer["time_zone"]), (None, "en", "UTC"))

    def test_tells_the_others_who_it_is(self) -> None:
        customer = self.customer()

        (event,) = self.events("CustomerRegistered")
        self.assertEqual((event["aggregate_id"], event["aggregate_version"]), (customer["id"], 1))
        self.assertEqual(event["data"]["customer_id"], customer["id"])
        self.assertEqual(event["data"]["email"], customer["email"])

    def test_refuses_an_address_that_another_customer_has_in_whatever_capitals(self) -> None:
        self.customer(email="ann@example.com")

        again = {**ANN, "email": "ANN@Example.COM"}
        self.assert_problem(self.assert_changes_nothing(lambda: self.post("/customers", again)), 409, "email_taken")

    def test_names_every_field_at_fault(self) -> None:
        bad = {"name": " ", "email": "ann", "time_zone": "Berlin", "locale": "?", "company": 5, "mood": "sunny"}

        reply = self.assert_changes_nothing(lambda: self.post("/customers", bad))
        self.assert_problem(reply, 422, "validation_failed", *bad)

    def test_takes_addresses_that_are_in_use_and_refuses_what_is_none(self) -> None:
        for email in ["a+b@sub.example.co.uk", "o'neil@example.com", "jörg@münchen.example", " padded@example.com "]:
            self.assertEqual(self.customer(email=email)["email"], email.strip())
        for bad in ["", "a@", "@b.example", "a b@c.example", "a@b\ud800.example", "a\n@b.example", None, ["a@b.c"]]:
            reply = self.post("/customers", {**ANN, "email": bad})
            self.assert_problem(reply, 422, "validation_failed", "email")

    def test_is_done_once_for_one_idempotency_key(self) -> None:
        first = self.post("/customers", ANN, key="key-1")

        again = self.assert_changes_nothing(lambda: self.post("/customers", ANN, key="key-1"))
        self.assertEqual((again.status, again.body), (first.status, first.body))
        self.assertEqual(again.headers, first.headers | {"Idempotent-Replayed": "true"})

    def test_refuses_an_idempotency_key_of_another_request(self) -> None:
        self.post("/customers", ANN, key="key-1")

        for other in [{**ANN, "name": "Bo"}, {**ANN, "email": "bo@example.com"}]:
            self.assert_problem(self.post("/customers", other, key="key-1"), 422, "idempotency_key_reused")

    def test_keeps_the_idempotency_keys_of_users_apart(self) -> None:
        first = self.post("/customers", ANN, key="key-1")
        second = self.post("/customers", {**ANN, "email": "bo@example.com"}, key="key-1", sub="user-2")

        self.assertEqual((first.status, second.status), (201, 201))

    def test_needs_an_idempotency_key(self) -> None:
        self.assert_problem(self.post("/customers", ANN, key=""), 400, "idempotency_key_required")


class ChangingACustomer(HelpDesk):
    def test_changes_what_is_named_and_keeps_the_rest(self) -> None:
        customer = self.customer()

        reply = self.patch(f"/customers/{customer['id']}", {"name": "Ann Miller", "company": None}, '"1"')
        changed = self.done(reply)
        updated_at = changed["updated_at"]
        self.assertEqual(changed, {**customer, "name": "Ann Miller", "company": None, "updated_at": updated_at})
        self.assertGreaterEqual(updated_at, customer["updated_at"])
        stored = self.get(f"/customers/{customer['id']}")
        self.assertEqual((stored.body, stored.headers["ETag"], reply.headers["ETag"]), (changed, '"2"', '"2"'))

    def test_tells_the_others_all_details_under_a_higher_version(self) -> None:
        customer = self.customer()
        self.done(self.patch(f"/customers/{customer['id']}", {"name": "Ann Miller"}))

        (event,) = self.events("CustomerUpdated")
        self.assertEqual(event["aggregate_version"], 2)
        self.assertEqual((event["data"]["name"], event["data"]["email"]), ("Ann Miller", customer["email"]))

    def test_needs_the_version_that_the_client_has_seen(self) -> None:
        path = f"/customers/{self.customer()['id']}"
        self.assert_problem(self.patch(path, {"name": "Bo"}, None), 428, "if_match_required")

        self.done(self.patch(path, {"name": "Bo"}, '"1"'))
        stale = self.assert_changes_nothing(lambda: self.patch(path, {"name": "Cy"}, '"1"'))
        self.assert_problem(stale, 412, "stale_version")

    def test_of_two_at_once_one_wins(self) -> None:
        path = f"/customers/{self.customer()['id']}"
        self.meanwhile("TransactWriteItems", lambda: self.done(self.patch(path, {"name": "First"}, '"1"')))

        self.assert_problem(self.patch(path, {"name": "Second"}, '"1"'), 412, "stale_version")
        self.assertEqual(self.get(path).body["name"], "First")
        self.assertEqual([event["data"]["name"] for event in self.events("CustomerUpdated")], ["First"])

    def test_frees_the_old_address_and_takes_the_new_one(self) -> None:
        path = f"/customers/{self.customer(email='old@example.com')['id']}"
        self.done(self.patch(path, {"email": "new@example.com"}))

        self.customer(email="old@example.com")
        self.assert_problem(self.post("/customers", {**ANN, "email": "New@example.com"}), 409, "email_taken")

    def test_refuses_the_address_of_another_customer(self) -> None:
        self.customer(email="bo@example.com")
        path = f"/customers/{self.customer(email='ann@example.com')['id']}"

        taken = self.assert_changes_nothing(lambda: self.patch(path, {"email": "BO@example.com"}))
        self.assert_problem(taken, 409, "email_taken")

    def test_of_two_that_want_one_address_at_once_one_gets_it(self) -> None:
        ann, bo = (f"/customers/{self.customer()['id']}" for _ in range(2))
        wish = {"email": "wanted@example.com"}
        self.meanwhile("TransactWriteItems", lambda: self.done(self.patch(ann, wish)))

        self.assert_problem(self.patch(bo, wish), 409, "email_taken")

    def test_of_two_that_give_one_customer_another_address_at_once_one_wins(
        self,
    ) -> None:
        path = f"/customers/{self.customer(email='old@example.com')['id']}"
        self.meanwhile("TransactWriteItems", lambda: self.done(self.patch(path, {"email": "first@example.com"}, '"1"')))

        self.assert_problem(self.patch(path, {"email": "second@example.com"}, '"1"'), 412, "stale_version")
        self.assert_problem(self.post("/customers", {**ANN, "email": "first@example.com"}), 409, "email_taken")
        self.customer(email="second@example.com")
        self.customer(email="old@example.com")

    def test_takes_the_same_address_in_other_capitals(self) -> None:
        customer = self.customer(email="ann@example.com")

        changed = self.done(self.patch(f"/customers/{customer['id']}", {"email": "Ann@Example.com"}))
        self.assertEqual(changed["email"], "Ann@Example.com")
        self.assert_problem(self.post("/customers", {**ANN, "email": "ann@example.com"}), 409, "email_taken")

    def test_needs_something_to_change_and_nothing_unknown(self) -> None:
        path = f"/customers/{self.customer()['id']}"

        self.assert_problem(self.patch(path, {}), 422, "validation_failed", "body")
        self.assert_problem(self.patch(path, {"name": None}), 422, "validation_failed", "name")
        self.assert_problem(self.patch(path, {"id": "cus_1", "name": "Bo"}), 422, "validation_failed", "id")


class NormalFormOfAnAddress(HelpDesk):
    def test_tells_mailboxes_apart_that_only_look_alike(self) -> None:
        self.assertEqual(normal_email("Ann@Example.com"), "ann@example.com")
        self.assertNotEqual(normal_email("strasse@example.com"), normal_email("straße@example.com"))
