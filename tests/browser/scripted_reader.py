"""A reader without a thought: uploads a patient, corrects every slice as told, and takes the CSV away."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from scarmass.domain.prompts import Box
from tests.browser.driving import drag, reading_state, wait_until_prepared
from tests.waiting import wait_until


@dataclass
class ScriptedReader:
    """actions: keys pressed, clicks, boxes dragged and files chosen."""

    page: Page
    address: str
    actions: int = 0

    def read(self, patient_id: str, files: list[Path], scars: Mapping[str, Box], into: Path) -> Path:
        """One patient from upload to export: a box round each scar, "no scar" elsewhere, every slice accepted.

        scars: by SOP Instance UID, in corner-based image pixels. Returns the CSV's path.
        """
        self._upload(files)
        self._open(patient_id)
        self._press("Home")
        of = len(reading_state(self.page)["reading"]["slices"])
        for number in range(of):
            wait_until(lambda number=number: reading_state(self.page)["shown"] == number)
            uid = reading_state(self.page)["reading"]["slices"][number]["sop_instance_uid"]
            if uid in scars:
                self._correct(scars[uid])
                self._press("Enter")
            else:
                self._press("0")
        wait_until(lambda: reading_state(self.page)["reading"]["reviewed"] == of)
        return self._export(into)

    def signed_report(self, into: Path) -> Path:
        """Sign the reading that is open, and take its report away as PDF. Returns its path."""
        address = self.page.url
        self._press("Shift+S")
        self.page.get_by_text("Press again to sign").wait_for()
        self._press("Shift+S")
        wait_until(lambda: self.page.url != address or reading_state(self.page)["reading"]["state"] == "signed")
        self.page.goto(address)
        wait_until(lambda: (reading_state(self.page).get("reading") or {}).get("state") == "signed")
        self._press("Shift+E")
        self.page.wait_for_url("**/report?language=*")
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="PDF").click()
        path = into / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def _upload(self, files: list[Path]) -> None:
        self.page.goto(self.address)
        self.page.locator("input[type=file]").first.set_input_files([str(path) for path in files])
        self.actions += 1

    def _open(self, patient_id: str) -> None:
        self.page.get_by_text(patient_id).click()
        self.actions += 1
        self.page.wait_for_url("**/stacks/*")
        wait_until_prepared(self.page)

    def _correct(self, scar: Box) -> None:
        self._press("c")
        drag(self.page, (scar.x0, scar.y0), (scar.x1, scar.y1))
        self.actions += 1

    def _export(self, into: Path) -> Path:
        with self.page.expect_download() as download:
            self._press("e")
        path = into / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1
