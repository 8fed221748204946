"""Who and what a working day is about. Drawn from a seed; only e-mail addresses differ between two days."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

SELLER: Body = {
    "name": "Backoffice Demo GmbH",
    "address": {"street": "Lagerstrasse 12", "city": "Hamburg", "postal_code": "20357", "country": "DE"},
    "vat_id": "DE123456789",
    "bank_account": {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX"},
}
RATES: dict[str, Body] = {
    "standard": {
        "description": "Support, standard",
        "unit": "HUR",
        "unit_price": "96.00",
        "currency": "EUR",
        "tax": {"category": "S", "rate": "19"},
    },
    "expert": {
        "description": "Support by an expert",
        "unit": "HUR",
        "unit_price": "164.50",
        "currency": "EUR",
        "tax": {"category": "S", "rate": "19"},
    },
}
WORKSHOP: Body = {
    "currency": "EUR",
    "terms": {"net_days": 0},
    "lines": [
        {
            "description": "Workshop: clean exports",
            "quantity": "1",
            "unit": "C62",
            "unit_price": "240.00",
            "tax": {"category": "S", "rate": "19"},
        }
    ],
}
AGENT = "agent@example.com"

_PEOPLE = ["Ada Brandt", "Ben Okafor", "Clara Nilsson", "Davide Russo", "Elif Kaya", "Farid Haddad", "Greta Vos"]
_COMPANIES = ["Harbour Bikes", "Nordlicht Media", "Quarry & Sons", "Studio Lumen", "Tidewater Foods", "Veldt Optics"]
_STREETS = ["Deichstrasse", "Fleetgasse", "Grindelallee", "Kaistrasse", "Marktweg"]
_CITIES = [("Bremen", "28195"), ("Hannover", "30159"), ("Kiel", "24103"), ("Leipzig", "04109")]
_QUESTIONS = [
    ("Export stops after the first page", "The CSV has 100 rows, the list has 340."),
    ("Two invoices show the same delivery", "Please tell us which one to pay."),
    ("Cannot invite a colleague", "The link says that it has expired, seconds after it came."),
    ("Sums differ between report and list", "Off by exactly one order of last Friday."),
    ("How do we move to another region?", "We would like to keep the history."),
    ("Webhook arrives twice", "Same id, three seconds apart, since this morning."),
]
_PRIORITIES = ["low", "normal", "normal", "high", "urgent"]


@dataclass(frozen=True)
class Case:
    """A question, the answer, and the time that it takes."""

    ticket: Body
    answer: str
    time_entries: list[Body]
    gets_solved: bool


class Cast:
    """People and cases of one day, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def customer(self) -> Body:
        name = self._random.choice(_PEOPLE)
        local_part = f"{name.replace(' ', '.').lower()}.{uuid.uuid4().hex[:12]}"
        return {
            "name": name,
            "email": f"{local_part}@example.net",
            "company": self._random.choice(_COMPANIES),
            "locale": "en",
            "time_zone": "Europe/Berlin",
        }

    def address(self) -> Body:
        city, postal_code = self._random.choice(_CITIES)
        street = f"{self._random.choice(_STREETS)} {self._random.randint(1, 99)}"
        return {"street": street, "city": city, "postal_code": postal_code, "country": "DE"}

    def case(self, number: int) -> Case:
        """The day's case of that number; every fourth one is still open in the evening."""
        subject, body = self._random.choice(_QUESTIONS)
        ticket = {"subject": subject, "body": body, "priority": self._random.choice(_PRIORITIES), "queue": "general"}
        entries = [self._time(billable=True) for _ in range(self._random.randint(1, 2))]
        entries += [self._time(billable=False)] if self._random.random() < 0.3 else []
        return Case(ticket, "Found it; this is fixed on our side now.", entries, gets_solved=number % 4 != 3)

    def _time(self, *, billable: bool) -> Body:
        minutes = self._random.choice([10, 15, 20, 25, 30, 45, 90])
        return {"minutes": minutes, "rate_code": self._random.choice(sorted(RATES)), "billable": billable}
