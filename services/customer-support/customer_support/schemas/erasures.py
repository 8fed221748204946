"""Erasures as they go out."""

from datetime import datetime
from typing import Any

from marshmallow import fields

from backoffice.schemas import Day, Id, Strict, Utc, Whole
from customer_support.domain import erasure
from customer_support.domain.erasure import ErasureState, PartState


class ErasureFilter(Strict):
    state = fields.Enum(ErasureState, by_value=True)


class Erased(Strict):
    what = fields.String(metadata={"description": "messages, files, account, ..."})
    count = Whole()


class Kept(Strict):
    what = fields.String()
    count = Whole()
    legal_basis = fields.String(metadata={"description": "The law that wants it to be kept."})
    until = Day(metadata={"description": "The last day; it is erased on the next one."})


class ErasurePart(Strict):
    context = fields.String()
    state = fields.Enum(PartState, by_value=True)
    asked_at = Utc()
    times_asked = Whole()
    ask_again_at = Utc(allow_none=True, metadata={"description": "When it is asked again if it has not answered."})
    answered_at = Utc(allow_none=True)


class CertifiedErased(Erased):
    context = fields.String()
    at = Utc(metadata={"description": "When the context has said so."})


class CertifiedKept(Kept):
    context = fields.String()


class Certificate(Strict):
    """What was erased where and what is kept until when, without anything that tells who it was."""

    erasure_id = Id("era")
    customer_id = Id("cus")
    issued_at = Utc()
    as_of = Utc(metadata={"description": "The newest answer that it rests on: what is kept goes later."})
    erased = fields.List(fields.Nested(CertifiedErased))
    kept = fields.List(fields.Nested(CertifiedKept))


class Erasure(Strict):
    id = Id("era")
    customer_id = Id("cus")
    state = fields.Enum(ErasureState, by_value=True)
    asked_by = fields.String(metadata={"description": "The agent."})
    asked_at = Utc()
    due_at = Utc(metadata={"description": "Until when the person must have been answered (GDPR, article 12(3))."})
    completed_at = Utc(allow_none=True)
    contexts = fields.List(fields.Nested(ErasurePart))
    certificate = fields.Nested(Certificate, allow_none=True, metadata={"description": "Once it is completed."})


def erasure_at(one: erasure.Erasure, at: datetime) -> dict[str, Any]:
    """An erasure as it stands at a moment."""
    names = ("id", "customer_id", "state", "asked_by", "asked_at", "due_at", "completed_at")
    return {
        **{name: getattr(one, name) for name in names},
        "contexts": [_part(part, at) for part in one.parts],
        "certificate": _certificate(one) if one.completed_at else None,
    }


def _part(part: erasure.Part, at: datetime) -> dict[str, Any]:
    names = ("context", "asked_at", "times_asked", "ask_again_at")
    answered_at = part.answer.at if part.answer else None
    return {**{name: getattr(part, name) for name in names}, "state": part.state(at), "answered_at": answered_at}


def _certificate(one: erasure.Erasure) -> dict[str, Any]:
    answers = [(part.context, part.answer) for part in one.parts if part.answer]
    return {
        "erasure_id": one.id,
        "customer_id": one.customer_id,
        "issued_at": one.completed_at,
        "as_of": max(answer.at for _, answer in answers),
        "erased": [{**vars(it), "context": name, "at": answer.at} for name, answer in answers for it in answer.erased],
        "kept": [{**vars(it), "context": name} for name, answer in answers for it in answer.kept],
    }
