"""What comes in and goes out of rebuilds."""

from marshmallow import fields

from analytics.domain.rebuilds import OnDifference, Phase
from analytics.store.rebuilds import Kind
from backoffice.schemas import Flag, Strict, Utc, Whole


class NewRebuild(Strict):
    on_difference = fields.Enum(
        OnDifference,
        by_value=True,
        load_default=OnDifference.KEEP,
        metadata={
            "description": "What to do if the numbers differ: keep what is read and wait for somebody to decide, or "
            "switch all the same, as after a change of how events are measured. It never switches by itself if an "
            "event is missing."
        },
    )


class Progress(Strict):
    files = Whole(metadata={"description": "Files of the archive that matter, as far as is known."})
    files_done = Whole()
    events = Whole(metadata={"description": "Events in them."})
    events_done = Whole()
    events_refused = Whole(
        attribute="refused", metadata={"description": "Archived events that cannot be read; see the differences."}
    )


class Comparison(Strict):
    items = Whole(metadata={"description": "Items with sums that were compared, in both generations."})
    different = Whole(metadata={"description": "Items that are not the same."})
    events = Whole(metadata={"description": "Events that are counted in both."})
    missing = Whole(metadata={"description": "Events that are counted in what was read, and not in the archive."})
    surplus = Whole(metadata={"description": "Events in the archive that were never counted."})


class Rebuild(Strict):
    id = fields.String()
    projection = fields.String()
    phase = fields.Enum(
        Phase,
        by_value=True,
        metadata={"description": "`ready`: it differs and waits for /switch or /discard. The last three are its ends."},
    )
    on_difference = fields.Enum(OnDifference, by_value=True)
    generation = fields.String(metadata={"description": "The generation that it makes."})
    previous_generation = fields.String(
        attribute="previous", metadata={"description": "The one that is, or was, read beside it."}
    )
    requested_at = Utc()
    started_at = Utc(metadata={"description": "Null until a worker has begun."})
    finished_at = Utc()
    progress = fields.Nested(Progress)
    events_per_second = fields.Float(metadata={"description": "While the archive is, or was, replayed."})
    comparison = fields.Nested(Comparison, metadata={"description": "What has been found so far; null before."})
    equal = Flag(
        attribute="is_equal",
        metadata={"description": "Whether both were the same to the last digit; null until they have been compared."},
    )
    way_back = Flag(metadata={"description": "Whether the previous generation is still there to switch back to."})


class Difference(Strict):
    kind = fields.Enum(
        Kind,
        by_value=True,
        metadata={"description": "Numbers that differ, or an event that one side lacks or the archive cannot tell."},
    )
    what = fields.String(metadata={"description": "A series and its day or year, or an event's id or place."})
    before = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Sums that differ, by quarter hour (or month) and bin, in what was read."},
    )
    after = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "The same in the new generation."}
    )
    reason = fields.String()
