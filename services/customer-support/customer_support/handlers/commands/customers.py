"""Writes of customers."""

from backoffice.http import Answer, Request, created, ok
from backoffice.ids import new_id
from customer_support import schemas
from customer_support.domain.customers import Customer
from customer_support.handlers.commands.routes import AGENTS, CUSTOMER, act_of, api
from customer_support.store import Store


@api.post("/customers", group=AGENTS, body=schemas.NewCustomer, answer=schemas.Customer, status=201, idempotent=True)
def register_customer(request: Request) -> Answer:
    """Register a customer; no two share an e-mail address."""
    customer = Customer.register(new_id("cus"), request.body, act_of(request))
    answer = created(customer, f"/customers/{customer.id}", version=customer.next_version)
    Store().add_customer(customer, request.receipt(answer))
    return answer


@api.patch(
    "/customers/{customer_id}", group=AGENTS, body=schemas.CustomerChanges, answer=schemas.Customer, ids=CUSTOMER
)
def change_customer(request: Request) -> Answer:
    """Change a customer's details."""
    store = Store()
    customer = store.customer(request.path["customer_id"])
    request.require_version(customer.version)
    previous_email = customer.email
    customer.change(request.body, act_of(request))
    store.save_customer(customer, previous_email)
    return ok(customer, version=customer.next_version)
