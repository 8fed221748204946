"""E-mail: what a customer sends, and what it means."""

from customer_support.domain.mail.fate import Fate, ReceivedMail
from customer_support.domain.mail.reading import Mail, MailFile, read_mail
from customer_support.domain.mail.rules import LARGEST_MAIL, ticket_ids_in

__all__ = ["LARGEST_MAIL", "Fate", "Mail", "MailFile", "ReceivedMail", "read_mail", "ticket_ids_in"]
