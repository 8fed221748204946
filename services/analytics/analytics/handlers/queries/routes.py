"""Where the read routes are gathered."""

from backoffice.http import Api
from backoffice.http.served import openapi_document

ANALYSTS = "analysts"

api = Api()
api.get("/openapi.json", group=None)(openapi_document)
