"""Files whose workers are killed on the way, and what an undisturbed run would have left."""

import random
from unittest.mock import patch

from analytics.store import bulk
from analytics.transforming import content as reading
from analytics.transforming import quarantine
from tests.file_drops import HEADER, DropTest

ROWS = 300


def file_of(seed, bad_every=37, rows=ROWS):
    """A CSV whose rows are all different, some of them bad."""
    rng = random.Random(seed)
    lines = []
    for number in range(rows):
        day = "2026-11-31" if number % bad_every == 5 else f"2026-11-{rng.randrange(1, 31):02}"
        lines.append(f"u{rng.randrange(40)},{day},{rng.choice(['view', 'click'])}\n")
    return HEADER + "".join(lines)


class Killed(BaseException):
    """The worker is gone, as by SIGKILL: nothing catches it."""


class Interrupted(DropTest):
    step_bytes = 300

    def setUp(self):
        super().setUp()
        self.set_up_source()
        self._start(patch.object(reading, "READ_AT_ONCE", 1900))

    def undisturbed(self, content):
        """What a file becomes when nothing happens: drop, records, errors, quarantine."""
        drop = self.process(content)
        return self.outcome(drop)

    def outcome(self, drop):
        drop = {name: value for name, value in drop.items() if not name.endswith("_at")}
        return drop, self.records(), self.errors(drop), self.quarantined()

    def forget(self):
        """An empty stage again."""
        self.empty_table()
        self.table.client.delete_table(TableName="records")
        self._create_records_table()
        for one in self.s3.list_objects_v2(Bucket="drops").get("Contents", []):
            self.s3.delete_object(Bucket="drops", Key=one["Key"])
        self.alerts()
        self.set_up_source()

    def calls_to_aws(self, act):
        """Let ``act`` be called before and after each call that the transformer makes."""
        clients = [self.table.client, bulk._client()[0], quarantine.client("s3"), quarantine.client("sns")]
        for client in clients:
            for moment in ("before-call", "after-call"):
                client.meta.events.register(moment, act)
                self.addCleanup(client.meta.events.unregister, moment, act)

    def work_in_spite_of_kills(self):
        """Let the transformer work, and give its message to another one whenever it dies. Returns how often it did."""
        kills = 0
        while message := self.next_message():
            try:
                self.hand_over(message)
            except Killed:
                kills += 1
                self.sqs.change_message_visibility(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        return kills

    def killed_at_random(self, content, kills, apart=25):
        """The outcome after that many kills, at calls that a seed chooses, at most so many apart."""
        rng, left = random.Random(20261123), [kills, 3]

        def perhaps_die(**_):
            left[1] -= 1
            if left[0] and left[1] <= 0:
                left[0] -= 1
                left[1] = rng.randrange(1, apart)
                raise Killed

        announced = self.drop(content)
        self.calls_to_aws(perhaps_die)
        self.announce(announced)
        self.assertEqual(kills, self.work_in_spite_of_kills())
        return self.outcome(self.newest_drop())
