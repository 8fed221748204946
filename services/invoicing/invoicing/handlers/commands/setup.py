"""Setting up: the seller, prices, series, dunning, and what only invoicing knows of an account."""

from backoffice.http import Answer, Request, ok
from invoicing import schemas
from invoicing.domain.dunning import DunningPolicy
from invoicing.domain.numbering import Series
from invoicing.domain.rates import Rate
from invoicing.domain.seller import SELLER_ID, Seller, SellerDetails
from invoicing.handlers.commands.routes import ACCOUNT, ACCOUNTANTS, api, named
from invoicing.store import Store


@api.put("/seller", group=ACCOUNTANTS, body=schemas.Seller, answer=schemas.Seller)
def put_seller(request: Request) -> Answer:
    """Say who issues the invoices; those that are finalized keep the seller they had."""
    store = Store()
    version = request.version_over(store.seller())
    seller = Seller(id=SELLER_ID, version=version, details=SellerDetails(**request.body))
    store.save_seller(seller)
    return ok(seller.details, version=seller.next_version)


@api.put("/rates/{rate_code}", group=ACCOUNTANTS, body=schemas.Rate, answer=schemas.Rate)
def put_rate(request: Request) -> Answer:
    """Price an hour of billable time; lines that were priced before stay as they are."""
    rate_code = named(request, "rate_code", schemas.RATE_CODE)
    store = Store()
    rate = Rate(id=rate_code, version=request.version_over(store.rate(rate_code)), **request.body)
    rate.check()
    store.save_rate(rate)
    return ok(rate, version=rate.next_version)


@api.put(
    "/accounts/{account_id}/rates/{rate_code}",
    group=ACCOUNTANTS,
    body=schemas.Rate,
    answer=schemas.Rate,
    ids=ACCOUNT,
)
def put_account_rate(request: Request) -> Answer:
    """Price an hour for one account; it goes before the general rate of that code."""
    rate_code = named(request, "rate_code", schemas.RATE_CODE)
    store = Store()
    account, standing = store.account_rate(request.path["account_id"], rate_code)
    account.as_buyer().must_not_be_erased()
    rate = Rate(id=rate_code, version=request.version_over(standing), **request.body)
    rate.check()
    store.save_account_rate(account, rate)
    return ok(rate, version=rate.next_version)


@api.put("/series/{series_id}", group=ACCOUNTANTS, body=schemas.Series, answer=schemas.Series)
def put_series(request: Request) -> Answer:
    """Set up a run of invoice or credit note numbers, once and for all."""
    series = Series(id=named(request, "series_id", schemas.SERIES_ID), **request.body)
    series.check()
    standing = Store().add_series(series)
    standing.must_equal(series)
    return ok(standing)


@api.put("/dunning-policies/{policy_id}", group=ACCOUNTANTS, body=schemas.DunningPolicy, answer=schemas.DunningPolicy)
def put_dunning_policy(request: Request) -> Answer:
    """Say how many days after the due date each step is reached; accounts follow ``default`` if they name no other."""
    policy_id = named(request, "policy_id", schemas.POLICY_ID)
    store = Store()
    version = request.version_over(store.dunning_policy(policy_id))
    policy = DunningPolicy(id=policy_id, version=version, step_days=tuple(request.body["step_days"]))
    policy.check()
    store.save_dunning_policy(policy)
    return ok(policy, version=policy.next_version)


@api.patch("/accounts/{account_id}", group=ACCOUNTANTS, body=schemas.AccountChange, answer=schemas.Account, ids=ACCOUNT)
def change_account(request: Request) -> Answer:
    """Complete an account: address, VAT id, payment terms, dunning policy."""
    store = Store()
    account = store.account(request.path["account_id"])
    request.require_version(account.version)
    account.change(request.body)
    store.save_account(account)
    return ok(account, version=account.next_version)
