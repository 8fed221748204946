"""How the websites are visited."""

from analytics.domain import measures
from analytics.domain.catalogue.metric import Kind, Metric, Unit
from analytics.domain.reckoning import distinct, flow
from analytics.domain.web.pages import OTHER
from analytics.domain.web.views import MOST_PAGES

_PAGES = (
    f"A page is the path of its address. Beyond the first {MOST_PAGES} or more of a day, pages are counted together as "
    f"{OTHER}."
)

METRICS = (
    Metric(
        "page_views",
        "Page views that websites told of, counted at the time the page was viewed; views with the same event_id count "
        f"once. {_PAGES} Its events are counted and not kept, so they cannot be listed.",
        Unit.EVENTS,
        Kind.FLOW,
        (measures.PAGE_VIEWS,),
        flow,
    ),
    Metric(
        "unique_visitors",
        "Different visitors, by visitor_id, who viewed the page, or any page, within the interval: whoever comes back "
        "counts once, so the values of parts do not add up to that of the whole. It is estimated, with a standard "
        f"error of 1.6 % (nineteen of twenty values are within 3.3 % of the exact one). {_PAGES} Its events are "
        "counted and not kept, so they cannot be listed.",
        Unit.VISITORS,
        Kind.DISTINCT,
        (measures.UNIQUE_VISITORS,),
        distinct,
    ),
)
