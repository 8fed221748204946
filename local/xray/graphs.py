"""The operations that answer with a graph, or with the statistics of its parts."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from local.xray.expressions import Malformed, Selector, is_like, parse_selector
from local.xray.requests import Members, invalid, range_of, read_token, token_of
from local.xray.service_graph import histogram, services
from local.xray.store import Reader
from local.xray.sums import MINUTE, of_trace
from local.xray.tally import Tally, add_up

SERVICES_A_PAGE = 100
SLOTS_A_PAGE = 200
TRACES_A_CALL = 5  # as BatchGetTraces; https://docs.aws.amazon.com/xray/latest/api/API_GetTraceGraph.html


class Graphs:
    """Reads the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.handlers: dict[str, Callable[[Members], Members]] = {
            "GetServiceGraph": self.get_service_graph,
            "GetTraceGraph": self.get_trace_graph,
            "GetTimeSeriesServiceStatistics": self.get_time_series_service_statistics,
        }

    def get_service_graph(self, request: Members) -> Members:
        """The graph of the traces whose ids name a second from StartTime to EndTime."""
        _no_group(request)
        start, end = range_of(request)
        with Reader(self._path) as reader:
            found = services(reader.tallies((start, end), end - start).get(start, {}))
        page = _page("Services", found, SERVICES_A_PAGE, ([start, end], request.get("NextToken")))
        return {"StartTime": start, "EndTime": end - 1, "ContainsOldGroupVersions": False} | page

    def get_trace_graph(self, request: Members) -> Members:
        """The graph of some traces; those that are not known add nothing."""
        ids = list(dict.fromkeys(request["TraceIds"]))
        if not 1 <= len(ids) <= TRACES_A_CALL:
            raise invalid(f"TraceIds must hold 1 to {TRACES_A_CALL} ids")
        with Reader(self._path) as reader:
            bodies = reader.bodies(ids)
        seen = (each for trace_id, texts in bodies.items() for each in of_trace(trace_id, texts))
        found = services(add_up(seen))
        return _page("Services", found, SERVICES_A_PAGE, (ids, request.get("NextToken")))

    def get_time_series_service_statistics(self, request: Members) -> Members:
        """The periods in which something happened, each from a multiple of Period on; earliest first."""
        _no_group(request)
        if request.get("ForecastStatistics"):
            raise invalid("ForecastStatistics is not supported by the local X-Ray")
        period = request.get("Period", MINUTE)
        if period < MINUTE or period % MINUTE:
            raise invalid(f"Period must be a multiple of {MINUTE} seconds")
        expression = request.get("EntitySelectorExpression") or "edge()"
        selector = _selector(expression)
        start, end = range_of(request)
        between = start // period * period, -(-end // period) * period
        totals: dict[int, Tally] = defaultdict(Tally)
        with Reader(self._path) as reader:
            for slot, found in reader.tallies(between, period).items():
                for part, tally in found.items():
                    if _is_selected(part, selector):
                        totals[slot].merge(tally)
        series = [_statistics(slot, totals[slot], selector) for slot in sorted(totals)]
        query = [expression, period, start, end]
        page = _page("TimeSeriesServiceStatistics", series, SLOTS_A_PAGE, (query, request.get("NextToken")))
        return {"ContainsOldGroupVersions": False} | page


def _no_group(request: Members) -> None:
    if request.get("GroupName", "Default") != "Default" or request.get("GroupARN"):
        raise invalid("Groups are not supported by the local X-Ray")


def _page(member: str, found: list[Members], size: int, asked: tuple[list[object], str | None]) -> Members:
    """A page of a list; the token holds the query and the place."""
    query, token = asked
    first = int(read_token(token, [member, *query])[0]) if token else 0
    answer: Members = {member: found[first : first + size]}
    if len(found) > first + size:
        answer["NextToken"] = token_of([member, *query], (first + size, ""))
    return answer


def _selector(expression: str) -> Selector:
    try:
        return parse_selector(expression)
    except Malformed as error:
        raise invalid(f"Invalid EntitySelectorExpression: {error}") from None


def _is_selected(part: str, selector: Selector) -> bool:
    kind, *about = json.loads(part)
    if selector.kind == "service":
        return kind == "node" and is_like(about[0], about[1], about[2], selector.of[0])
    return kind == "edge" and all(
        is_like(name, type_, None, of) for (name, type_), of in zip(about[:2], selector.of, strict=True)
    )


def _statistics(slot: int, total: Tally, selector: Selector) -> Members:
    member = "ServiceSummaryStatistics" if selector.kind == "service" else "EdgeSummaryStatistics"
    return {"Timestamp": slot, member: total.statistics(), "ResponseTimeHistogram": histogram(total.responses)}
