"""A plugin of pytest: the services' tests on moto's DynamoDB instead of the tables in memory, as a baseline."""

from __future__ import annotations

import backoffice_testing
from moto import mock_aws

backoffice_testing.answered_by = lambda tables, *, moto: mock_aws()  # type: ignore[assignment]
