"""Where the write routes are gathered."""

from backoffice.http import Api

OPERATORS = "operators"
SITES = "sites"
REBUILD = {"rebuild_id": "rbd"}

api = Api()
