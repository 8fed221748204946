"""How many invoices a second can be finalized in one series, by 1, 4 and 16 writers, on a stage that is up.

Beside it, in the same run: the same writers change drafts of their own, which is one read and one transaction as well,
but shares no counter. The series is audited afterwards: no gap, no twin.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Target, conclude, table
from local.client import Client
from local.demo.apis import Apis, apis
from local.demo.cast import SELLER, Cast
from local.demo.waiting import until
from local.stage.place import Place, requested

WRITERS = (1, 4, 16)
EACH = 64
LINE = {
    "description": "Support",
    "quantity": "1",
    "unit": "C62",
    "unit_price": "10.00",
    "tax": {"category": "S", "rate": "19"},
}
MOST_SLOWDOWN = 2.0


def main() -> int:
    place = Place.at(requested())
    services = apis(place)
    series = f"BENCH-{int(time.time())}"
    services.invoicing.put("/seller", SELLER)
    services.invoicing.put(f"/series/{series}", {"prefix": f"{series}-"})
    clients = [apis(place).invoicing for _ in range(max(WRITERS))]
    accounts = [_account(services, number) for number in range(max(WRITERS))]
    _warm_up(clients, accounts)
    rows, finalized = [], {}
    for writers in WRITERS:
        drafts = [_draft(clients[0], accounts[n % writers]) for n in range(EACH)]
        changed = _a_second(clients[:writers], drafts, _change)
        finalized[writers] = _a_second(clients[:writers], drafts, lambda client, id: _finalize(client, id, series))
        rows.append(
            [str(writers), f"{finalized[writers]:.1f}", f"{changed:.1f}", f"{changed / finalized[writers]:.2f}"]
        )
    table(["writers", "finalized a second", "changed a second", "ratio"], rows)
    audit = services.invoicing.get(f"/series/{series}/audit").body
    print(f"audit: {audit['numbers']} numbers, complete: {audit['is_complete']}")
    assert audit["is_complete"]
    assert audit["numbers"] == EACH * len(WRITERS)
    slowdown = finalized[1] / finalized[16]
    return conclude(Target("one writer against sixteen in one series", slowdown, MOST_SLOWDOWN, "x"))


def _a_second(clients: list[Client], drafts: list[str], act: Callable[[Client, str], object]) -> float:
    writers = len(clients)
    with ThreadPoolExecutor(writers) as pool:
        began = time.perf_counter()
        list(pool.map(lambda n: [act(clients[n], id) for id in drafts[n::writers]], range(writers)))
        return len(drafts) / (time.perf_counter() - began)


def _finalize(client: Client, invoice_id: str, series: str) -> None:
    """Finalize; who lost too many races is told so, and asks again under the same key."""
    path, key = f"/invoices/{invoice_id}/finalize", str(uuid.uuid4())
    for _ in range(5):
        reply = client.send("POST", path, {"series": series}, headers={"Idempotency-Key": key})
        if reply.status == 200:
            return
        assert reply.body["code"] == "in_flight", reply
    raise AssertionError(f"{invoice_id} was never finalized")


def _change(client: Client, invoice_id: str) -> None:
    client.patch(f"/invoices/{invoice_id}", {"lines": [LINE]}, etag="*")


def _draft(client: Client, account_id: str) -> str:
    body = {"account_id": account_id, "currency": "EUR", "lines": [LINE]}
    return str(client.post("/invoices", body).body["id"])


def _warm_up(clients: list[Client], accounts: list[str]) -> None:
    """A worker for each writer: what a cold one costs is init_time's figure."""
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(lambda n: [_draft(clients[n], accounts[n]) for _ in range(3)], range(len(clients))))


def _account(services: Apis, number: int) -> str:
    customer = services.support.post("/customers", Cast(int(time.time()) + number).customer()).body["id"]
    path = f"/accounts/{customer}"
    until("the account", lambda: services.invoicing.send("GET", path).status == 200)
    address = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    services.invoicing.patch(path, {"address": address}, etag=services.invoicing.get(path).etag)
    return str(customer)


if __name__ == "__main__":
    sys.exit(main())
