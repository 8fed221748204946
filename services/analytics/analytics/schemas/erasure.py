"""What analytics needs of customer support's command to erase a customer."""

from backoffice.schemas import Id, Tolerant


class EraseCustomer(Tolerant):
    customer_id = Id("cus", required=True)
    erasure_id = Id("era", required=True)
