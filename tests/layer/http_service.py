"""A small service on the layer, in the way that real ones are written: things that can be made, renamed and listed."""

from collections.abc import Callable
from typing import Any

from backoffice.domain import Aggregate, FieldError, Invalid, RuleBroken
from backoffice.dynamodb import Table
from backoffice.errors import Conflict, Contended, Gone, StaleVersion
from backoffice.http import Answer, Api, File, NotFound, Request, created, nothing, ok, passing_file, unchanging_file
from backoffice.ids import new_id
from backoffice.schemas import DecimalString, Id, Strict, Text, Utc, Whole
from backoffice.transactions import Transaction


class NewThing(Strict):
    name = Text(50, required=True)
    count = Whole(most=10)
    price = DecimalString(least="0")


class Renaming(Strict):
    name = Text(50, required=True)


class Thing(Strict):
    id = Id("thg")
    name = Text(50)
    price = DecimalString()
    made_at = Utc()


class Filter(Strict):
    name = Text(50)


PICTURE = b"\x89PNG\r\n\x1a\n"

ERRORS: dict[str, Exception] = {
    "invalid": Invalid([FieldError("lines.0.quantity", "Too much."), FieldError("name", "Too long.")]),
    "rule": RuleBroken("illegal_transition", "It is closed.", allowed=["reopen"]),
    "missing": NotFound("time_entry", "tim_1"),
    "gone": Gone("time_entry", "tim_1", erasure_id="era_1"),
    "stale": StaleVersion({}),
    "conflict": Conflict({"email_taken": None}),
    "contended": Contended("busy"),
    "bug": ZeroDivisionError("secret: 42"),
}


def service(before_commit: Callable[[], None] = lambda: None) -> Api:
    """The Api; ``before_commit`` is called by the creating route when it has decided, before it writes."""
    api = Api()

    @api.post("/things", group="agents", body=NewThing, answer=Thing, status=201, idempotent=True)
    def make_thing(request: Request) -> Answer:
        if Table.from_env().get("NAME", request.body["name"]):
            raise RuleBroken("name_taken", "There is such a thing already.")
        thing = {"id": new_id("thg"), "made_at": request.at, **request.body}
        answer = created(thing, f"/things/{thing['id']}", version=1)
        aggregate = Aggregate(id=thing["id"])
        aggregate.record("ThingMade", {"name": thing["name"]}, request.at)
        before_commit()
        transaction = Transaction(Table.from_env())
        transaction.add({"pk": thing["id"], "sk": "THING", "gsi1pk": "THINGS", "gsi1sk": thing["id"], **_stored(thing)})
        transaction.put({"pk": "NAME", "sk": thing["name"]})
        transaction.emit(aggregate)
        transaction.remember(request.receipt(answer))
        transaction.commit()
        return answer

    @api.post("/chores", group="agents", idempotent=True, status=201)
    def make_chore(request: Request) -> Answer:
        answer = created({"id": new_id("chr")}, "/chores/1")
        transaction = Transaction(Table.from_env())
        transaction.remember(request.receipt(answer))
        transaction.commit()
        return answer

    @api.post("/count", group="agents", idempotent=True)
    def count(request: Request) -> Answer:
        answer = ok({"id": new_id("cnt")})
        transaction = Transaction(Table.from_env())
        transaction.put({"pk": "COUNT", "sk": "COUNT"})
        transaction.remember(request.receipt(answer))
        transaction.commit()
        return answer

    @api.get("/things", group="agents", query=Filter, answer=Thing, many=True)
    def list_things(request: Request) -> Answer:
        page = Table.from_env().query("THINGS", index="gsi1", limit=request.page.limit, start=request.page.start)
        return request.listing(page.items, page.last_key)

    @api.get("/things/{thing_id}", group="agents", answer=Thing, ids={"thing_id": "thg"})
    def get_thing(request: Request) -> Answer:
        item = Table.from_env().get(request.path["thing_id"], "THING")
        if item is None:
            raise NotFound("thing", request.path["thing_id"])
        return ok(item, version=int(item["version"]))

    @api.patch("/things/{thing_id}", group="agents", body=Renaming, answer=Thing, ids={"thing_id": "thg"})
    def rename_thing(request: Request) -> Answer:
        item = Table.from_env().get(request.path["thing_id"], "THING") or {}
        version = int(item["version"])
        request.require_version(version)
        renamed = {**item, **request.body, "version": version + 1}
        before_commit()
        transaction = Transaction(Table.from_env())
        transaction.replace(renamed, version=version)
        transaction.commit()
        return ok(renamed, version=version + 1)

    @api.delete("/things/{thing_id}", group="agents")
    def delete_thing(request: Request) -> Answer:
        return nothing()

    @api.post("/preview", group="agents", body=NewThing, read_only=True)
    def preview(request: Request) -> Answer:
        return ok({"name": request.body["name"]})

    @api.get("/open", group=None)
    def open_to_all(request: Request) -> Answer:
        return ok({"sub": request.caller.sub})

    @api.get("/whoami", group="agents")
    def whoami(request: Request) -> Answer:
        caller = request.caller
        return ok({"sub": caller.sub, "username": caller.username, "groups": sorted(caller.groups)})

    @api.get("/errors/{name}", group="agents")
    def fail(request: Request) -> Answer:
        raise ERRORS[request.path["name"]]

    @api.get("/pictures/{name}", group="agents", files=("image/png",))
    def picture(request: Request) -> Answer:
        return unchanging_file(File(PICTURE, "image/png"), f"{request.path['name']}.png")

    @api.get("/texts/{name}", group="agents", files=("text/plain",))
    def text(request: Request) -> Answer:
        return unchanging_file(File("Ünïcode", "text/plain"), f"{request.path['name']}.txt")

    @api.get("/sheets/{name}", group="agents", answer=Thing, files=("text/csv",))
    def sheet(request: Request) -> Answer:
        return passing_file(File("a\r\n", "text/csv"), f"{request.path['name']}.csv")

    @api.get("/unrenderable", group="agents")
    def unrenderable(request: Request) -> Answer:
        return ok({"value": object()})

    return api


def _stored(thing: dict[str, Any]) -> dict[str, Any]:
    return {"id": thing["id"], "name": thing["name"], "price": thing.get("price"), "version": 1}
