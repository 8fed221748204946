"""How third parties' files are written, and when they are due."""

import re

from analytics.domain.drops.source import SOURCE_ID, Columns, DropSource, Expectation, Layout
from analytics.handlers.commands.routes import OPERATORS, api
from analytics.schemas import drops as schemas
from analytics.store.drops import DropStore
from analytics.transforming import alerting
from backoffice.domain import Invalid
from backoffice.http import Answer, Request, ok


@api.put("/drop-sources/{source_id}", group=OPERATORS, body=schemas.SourceSetup, answer=schemas.Source)
def put_drop_source(request: Request) -> Answer:
    """Say how a third party's files are written, when they are expected, and whom to alert."""
    source_id = request.path["source_id"]
    if not re.fullmatch(SOURCE_ID, source_id):
        raise Invalid.one("source_id", f"Must match {SOURCE_ID}.")
    store, body = DropStore(), dict(request.body)
    version = request.version_over(store.source(source_id))
    expected, address = body.pop("expected"), body.pop("alert_address")
    layout = Layout(columns=Columns(**body.pop("columns")), **body)
    expectation = expected and Expectation(**expected, since=request.at)
    source = DropSource(id=source_id, version=version, layout=layout, alert_address=address, expectation=expectation)
    source.check()
    store.save_source(source)
    if address:
        alerting.subscribe(address)
    return ok(source, version=source.next_version)
