"""What becomes of a customer's message."""

from dataclasses import dataclass, replace

from customer_support.domain.conversation import Message
from customer_support.domain.history import Act
from customer_support.domain.service_levels import ServiceLevels
from customer_support.domain.tickets import Ticket


@dataclass(frozen=True)
class Reply:
    """A message with the ticket that took it; ``following`` is the closed one that it follows, if it is new."""

    ticket: Ticket
    message: Message
    following: Ticket | None = None


def receive(ticket: Ticket, message: Message, follow_up_id: str, levels: ServiceLevels) -> Reply:
    """Let a ticket take a customer's message; if that comes too late, let a follow-up take it."""
    act = Act(message.written_by, message.written_at)
    if not ticket.is_over(act.at):
        ticket.add(message, levels)
        return Reply(ticket, message)
    follow_up = ticket.follow_up(follow_up_id, message.body, act, levels)
    follow_up.mark(message.marks)
    return Reply(follow_up, replace(message, ticket_id=follow_up.id), following=ticket)
