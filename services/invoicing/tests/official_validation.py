"""The official validation itself: `EN16931_RULES=<folder> python -m unittest tests.official_validation`.

It needs saxonche from PyPI and is no part of the service's tests, which say the rules that matter in our own words.
The folder holds what ConnectingEurope/eInvoicing-EN16931 publishes as ``EN16931-UBL-validation.xslt`` and, if it is
there, Peppol's rules compiled to ``PEPPOL-EN16931-UBL.xslt``. docs/decisions/0051 says why they are not in this house.
"""

import os
import unittest
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings

from invoicing.documents.document import Document
from invoicing.documents.ubl import PEPPOL, render
from tests.issued import documents

RULES = Path(os.environ["EN16931_RULES"])
CEN, OF_PEPPOL = RULES / "EN16931-UBL-validation.xslt", RULES / "PEPPOL-EN16931-UBL.xslt"
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
FIRED = "{http://purl.oclc.org/dsdl/svrl}fired-rule"


class OfficialValidation(unittest.TestCase):
    processor: ClassVar[Any]
    sheets: ClassVar[dict[Path, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        import saxonche

        cls.processor = saxonche.PySaxonProcessor(license=False)
        compiler = cls.processor.new_xslt30_processor()
        cls.sheets = {
            path: compiler.compile_stylesheet(stylesheet_file=str(path)) for path in (CEN, OF_PEPPOL) if path.is_file()
        }

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(documents())
    def test_finds_no_fatal_fault(self, found: list[Document]) -> None:
        for document in found:
            xml = render(document).decode()
            wanted = [path for path in self.sheets if path is CEN or PEPPOL in xml]
            self.assertEqual([fault for path in wanted for fault in self.fatal(path, xml)], [], xml)

    def fatal(self, path: Path, xml: str) -> list[str]:
        """The messages of the rules that the document breaks."""
        source = self.processor.parse_xml(xml_text=xml)
        report = ElementTree.fromstring(self.sheets[path].transform_to_string(xdm_node=source))
        self.assertIsNotNone(report.find(FIRED), "no rule has looked at it")
        return [" ".join("".join(one.itertext()).split()) for one in report.iter(FAILED) if one.get("flag") == "fatal"]
