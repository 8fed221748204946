"""The erasure of customers."""

from backoffice.http import Answer, Request, accepted
from backoffice.ids import new_id
from customer_support import schemas
from customer_support.domain.customers import sender_mark
from customer_support.domain.erasure import Erasure
from customer_support.domain.forgetting import Forgetting
from customer_support.handlers.commands.routes import AGENTS, CUSTOMER, act_of, api
from customer_support.store import Store


@api.post(
    "/customers/{customer_id}/erasure",
    group=AGENTS,
    answer=schemas.Erasure,
    status=202,
    idempotent=True,
    ids=CUSTOMER,
)
def erase_customer(request: Request) -> Answer:
    """Erase a customer everywhere (GDPR, article 17); it cannot be undone. The erasure tells how far it is.

    The customer is gone at once; tickets, mails and what other contexts keep follow within seconds as a rule.
    """
    store, act = Store(), act_of(request)
    customer = store.customer(request.path["customer_id"])
    request.require_version(customer.version)
    email = customer.email
    erasure = Erasure.begun(new_id("era"), customer.id, act.by, act.at)
    forgetting = Forgetting(
        id=customer.id, erasure_id=erasure.id, asked_at=act.at, senders=(sender_mark(email),) if email else ()
    )
    customer.erase(erasure.id, act)
    answer = accepted(schemas.erasure_at(erasure, act.at), f"/erasures/{erasure.id}")
    store.begin_erasure(erasure, customer, forgetting, email, request.receipt(answer))
    return answer
