import unittest

from hypothesis import given, settings
from hypothesis import strategies as some

from customer_support.domain.mail import Mail, read_mail, ticket_ids_in
from customer_support.domain.mail.reading import LONGEST_BODY, MOST_FILES
from tests.letters import OWN, mail

TICKET = "tkt_01KAQZC4W7H2D9M5X1N8RSEJ6K"
ANY = settings(max_examples=200, derandomize=True, deadline=None, database=None)
PIECES = [
    b"From: ann@example.com\n",
    b"Subject: =?utf-8?B?w7xt?=\n",
    b"Subject: =?klingon?Q?=FF?=\n",
    b"Message-ID: <",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Type: text/plain; charset=nowhere-8\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Disposition: attachment; filename*0*=x'y'%FF\n",
    b"\n--b\n",
    b"--b--\n",
    b"\n\n",
    b"To: ,,;<>@\n",
    b"\xff\xfe\x00",
]


def read(raw: bytes | object) -> Mail:
    return read_mail(raw if isinstance(raw, bytes) else raw.as_bytes(), OWN)  # type: ignore[attr-defined]


class ReadingAMail(unittest.TestCase):
    def test_tells_who_wrote_what(self) -> None:
        found = read(mail("It burns.\nHelp!", Subject="Drucker brännt", References="<a@x> <b@x>", In_Reply_To="<c@x>"))

        self.assertEqual((found.sender, found.sender_name), ("ann@example.com", "Ann Smith"))
        self.assertEqual((found.subject, found.body), ("Drucker brännt", "It burns.\nHelp!"))
        self.assertEqual(found.references, ["<c@x>", "<a@x>", "<b@x>"])
        self.assertEqual((found.automatic, found.marks, found.files), (None, set(), []))

    def test_prefers_what_a_human_wrote_and_reads_html_where_there_is_nothing_else(self) -> None:
        both = mail("plain")
        both.add_alternative("<p>rich</p>", subtype="html")
        self.assertEqual(read(both).body, "plain")

        page = "<html><head><style>p {}</style></head><body><p>It &amp; that</p><div>burns<br>again</div></body></html>"
        html = mail()
        html.set_content(page, subtype="html")
        self.assertEqual(read(html).body, "It & that\nburns\nagain")

    def test_takes_files_with_names_that_lead_nowhere(self) -> None:
        message = mail()
        message.add_attachment(b"1", maintype="image", subtype="png", filename="../../etc/pass\\wd")
        message.add_attachment(b"2", maintype="application", subtype="pdf")
        message.add_attachment(mail("inner"))

        files = read(message).files
        self.assertEqual([file.filename for file in files], ["_.._etc_pass_wd", "attachment-2", "attachment-3"])
        self.assertEqual([file.content for file in files[:2]], [b"1", b"2"])
        self.assertIn(b"inner", files[2].content)

    def test_marks_a_charset_that_does_not_exist_and_reads_on(self) -> None:
        raw = b"From: ann@example.com\nSubject: Hi\nContent-Type: text/plain; charset=klingon-1\n\nHello \xff there"
        found = read(raw)
        self.assertEqual((found.body, found.marks), ("Hello \ufffd there", {"unknown_charset"}))

    def test_marks_what_is_no_mail(self) -> None:
        for raw in (b"", b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"just text\nno header"):
            found = read(raw)
            self.assertIn("not_a_mail", found.marks)
            self.assertEqual(found.sender, None)
            self.assertTrue(found.body)

    def test_cuts_a_text_that_is_too_long_and_leaves_out_files_that_are_too_many(self) -> None:
        message = mail("x" * 80 + "\n" + "y" * LONGEST_BODY)
        for number in range(MOST_FILES + 1):
            message.add_attachment(b"1", maintype="image", subtype="png", filename=f"{number}.png")
        found = read(message)
        self.assertEqual((len(found.body), len(found.files)), (LONGEST_BODY, MOST_FILES))
        self.assertEqual(found.marks, {"text_cut", "files_left_out"})

    def test_of_which_only_the_beginning_is_there_still_tells_its_text(self) -> None:
        message = mail("See attached.")
        message.add_attachment(bytes(100_000), maintype="application", subtype="zip", filename="big.zip")
        found = read_mail(message.as_bytes()[:5_000], OWN, is_cut=True)
        self.assertEqual((found.body, found.files, found.marks), ("See attached.", [], {"too_large"}))

    def test_is_the_same_mail_by_whatever_way_it_comes(self) -> None:
        one = mail()
        other = mail(Message_ID=one["Message-ID"], Delivered_To="info@example.com", Received="by somebody")
        self.assertEqual(read(one).identity, read(other).identity)
        self.assertNotEqual(read(one).identity, read(mail()).identity)
        self.assertNotEqual(read(one).identity, read(mail("Other words", Message_ID=one["Message-ID"])).identity)

    @ANY
    @given(some.lists(some.sampled_from(PIECES) | some.binary(max_size=30), max_size=12).map(b"".join))
    def test_never_fails_and_yields_what_can_be_stored(self, raw: bytes) -> None:
        found = read(raw)
        for text in (found.subject, found.body, found.sender_name, *(file.filename for file in found.files)):
            self.assertEqual(text.encode().decode(), text)
            self.assertNotIn("\x00", text)
        self.assertTrue(found.body)


class AutomaticMails(unittest.TestCase):
    def test_are_known_by_their_signs(self) -> None:
        signs = {
            "auto_submitted": {"Auto_Submitted": "auto-replied (vacation)"},
            "precedence": {"Precedence": "bulk"},
            "x_loop": {"X_Loop": "anything"},
            "null_return_path": {"Return_Path": "<>"},
            "list_or_autoreply": {"List_Id": "<news.example.com>"},
            "own_address": {"From": "Us <Support+tkt_1@example.com>"},
            "delivery_report": {"From": "MAILER-DAEMON@example.com"},
        }
        for sign, headers in signs.items():
            with self.subTest(sign):
                self.assertEqual(read(mail(**headers)).automatic, sign)

    def test_are_not_those_of_humans(self) -> None:
        for headers in ({"Auto_Submitted": "no"}, {"Precedence": "first-class"}, {"Return_Path": "<ann@example.com>"}):
            self.assertIsNone(read(mail(**headers)).automatic)


class TicketsThatAMailNames(unittest.TestCase):
    def test_are_found_in_addresses_subjects_and_references_in_whatever_capitals(self) -> None:
        for text in (f"Re: [{TICKET}] Fire", f"support+{TICKET.lower()}@example.com", f"<{TICKET}.msg_1@example.com>"):
            self.assertEqual(list(ticket_ids_in(text)), [TICKET])
        self.assertEqual(list(ticket_ids_in("tkt_1", "", "Re: tickets")), [])
