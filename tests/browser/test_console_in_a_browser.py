"""The stewards' console as a steward meets it: a real Airflow as ``make up`` starts it, a real Chromium.

``ZONEHOUSE_SCREENSHOTS=folder`` keeps a picture of each page at 1280 pixels.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from zonehouse.console.menu import PAGES
from zonehouse.forms import load_catalogue
from zonehouse.intake.text import fold
from zonehouse.orchestration.api import AirflowApi
from zonehouse.orchestration.environment import STEWARD
from zonehouse.orchestration.local import SAMPLE_PROVINCE
from zonehouse.periods import Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]

WIDTH, HEIGHT = 1280, 800
REJECTED, WORDS = "báo cáo <b>sai.xlsx", "<i>nhiều</i>"
SPOILT = "Giá trị sản xuất theo giá so sánh"
HALF, RELEASE = "2016-H1", "2016-H1-r001"

# Every text of the page against the background it lies on, by the rule of WCAG 2.1 (1.4.3).
CONTRASTS = """
() => {
  const parse = c => (c.match(/[0-9.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    if (!n.textContent.trim() || !n.parentElement.getClientRects().length) continue;
    const style = getComputedStyle(n.parentElement), a = light(parse(style.color)), b = light(ground(n.parentElement));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${n.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}
"""


@dataclass(frozen=True)
class Up:
    """A running ``zonehouse up``."""

    home: Path
    url: str
    password: str

    @property
    def console(self) -> str:
        return f"{self.url}/zonehouse"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("browser")
    settings = Settings(home=home)
    province = load_province(SAMPLE_PROVINCE.with_name("small_demo.yml"))
    generate(province, settings.inbox, Month(2016, 5), Month(2016, 6), catalogue=load_catalogue(settings))
    _spoil_one_report(settings.inbox)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "ZONEHOUSE"))}
    environment |= {"ZONEHOUSE_HOME": str(home), "ZONEHOUSE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "zonehouse.cli", "up"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Up(home, f"http://localhost:{port}", _password(process))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _spoil_one_report(inbox: Path) -> None:
    """One enterprise writes words where a number belongs: its file is rejected, and the gate asks."""
    for path in sorted(inbox.rglob("*.xlsx")):
        book = load_workbook(path)
        sheets = [sheet for sheet in book.worksheets if fold(sheet.title) in {fold("SAN_XUAT"), fold("Sản xuất")}]
        rows = [list(row) for sheet in sheets for row in sheet.iter_rows()]
        columns = [cell.column for row in rows for cell in row if str(cell.value).startswith(SPOILT)]
        numbers = [row[at - 1] for at in columns for row in rows if isinstance(row[at - 1].value, int | float)]
        if numbers:
            numbers[0].value = WORDS
            book.save(path.with_name(REJECTED))
            path.unlink()
            return
    pytest.fail("the sample has no report of output")


def _password(process: subprocess.Popen[str]) -> str:
    """The steward's, once everything runs; as ``make up`` prints it for people."""
    told, found = [], None
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line)
        if match := re.search(rf"user {re.escape(STEWARD)}\s+password (\S+)", line):
            found = match.group(1)
        if "Ctrl-C stops it" in line and found:
            return found
    pytest.fail("zonehouse up ended: " + "".join(told))


@pytest.fixture(scope="module")
def asked(up: Up) -> str:
    """The night has been loaded by the scheduler and the gate asks; the half-year."""
    api = AirflowApi(up.url, STEWARD, up.password)
    with contextlib.closing(api):
        api.trigger("nightly_load")
        deadline = time.monotonic() + 900
        while time.monotonic() < deadline:
            for run in api.runs("half_year_marts"):
                states = {task.task_id: task.state for task in api.tasks(run)}
                assert "failed" not in states.values(), states
                if run.partition_key == HALF and states.get("approve") == "awaiting_input":
                    return HALF
            time.sleep(1)
    pytest.fail("nobody was asked")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "no chromium: make test-browser installs Debian's"
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a build machine's root in a container has not.
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page(browser: Any, up: Up) -> Iterator[Any]:
    """A tab in which the steward has logged in by Airflow's own form."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="vi-VN")
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(f"{up.console}/tonight")
    assert "/auth/login" in tab.url, "nobody sees anything without a log-in"
    tab.locator("input[name=username]").fill(STEWARD)
    tab.locator("input[name=password]").fill(up.password)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/zonehouse/tonight")
    yield tab
    context.close()


def shot(tab: Any, name: str) -> None:
    if folder := os.environ.get("ZONEHOUSE_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_the_console_stands_in_airflows_own_menu(page: Any, up: Up, asked: str) -> None:
    page.goto(up.url)
    page.get_by_text("Số liệu", exact=True).first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name=re.compile("Lần nạp đêm")).wait_for()
    shot(page, "airflow")
    frame.get_by_role("link", name="Ai còn thiếu").click()
    frame.get_by_role("heading", name="Ai còn thiếu").wait_for()


def test_a_rejected_file_is_found_and_the_returned_workbook_downloaded(
    page: Any, up: Up, asked: str, tmp_path: Path
) -> None:
    page.goto(f"{up.console}/")
    attention = page.get_by_role("region", name="Danh sách tệp").first
    row = attention.get_by_role("row").filter(has_text=REJECTED)
    assert "Bị từ chối" in row.inner_text()
    row.get_by_role("link", name=REJECTED).click()
    page.get_by_role("heading", name=re.compile("Tệp:")).wait_for()
    shot(page, "file")
    with page.expect_download() as saving:
        page.get_by_role("link", name=re.compile("Tải tệp trả lại")).click()
    saved = tmp_path / "returned.xlsx"
    saving.value.save_as(saved)
    sheets = load_workbook(saved)
    assert sheets.sheetnames[0] == "KET_QUA" and len(sheets.sheetnames) > 1
    page.get_by_role("row").filter(has_text=WORDS).get_by_role("link").click()
    page.locator("td.found").wait_for()
    assert WORDS in page.locator("td.found").inner_text()
    shot(page, "cell")


@pytest.mark.parametrize("key", [page.key for page in PAGES])
def test_a_page_fits_1280_pixels_asks_nothing_elsewhere_and_can_be_read(
    page: Any, up: Up, asked: str, key: str
) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(up.url) else None)
    page.goto(f"{up.console}/{key}")
    page.wait_for_load_state("networkidle")
    shot(page, key)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert page.evaluate(CONTRASTS) == []
    assert elsewhere == []


def test_the_pages_are_walked_by_keyboard(page: Any, up: Up, asked: str) -> None:
    page.goto(f"{up.console}/tonight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    names = []
    for _ in PAGES:
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "where one is must be seen"
    assert names == [one.vi for one in PAGES]
    page.goto(f"{up.console}/tonight")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/zonehouse/queue")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(6):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON", "the doubtful values, four choices, the button"


def test_a_refresh_is_approved_by_keyboard_and_the_release_seen(page: Any, up: Up, asked: str) -> None:
    page.goto(f"{up.console}/decide")
    question = page.get_by_role("link", name=re.compile(f"Xem và trả lời: {RELEASE}"))
    question.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile(f"Công bố {RELEASE}")).wait_for()
    shot(page, "question")
    assert page.evaluate(CONTRASTS) == []
    page.get_by_label("Lý do").focus()
    page.keyboard.type("Đã đối chiếu với doanh nghiệp")
    time.sleep(9)  # the page itself asks for patience with a question that is younger than eight seconds
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert RELEASE in page.get_by_role("status").inner_text()
    deadline = time.monotonic() + 180
    while page.get_by_role("link", name=RELEASE, exact=True).count() == 0:
        assert time.monotonic() < deadline, "not published"
        time.sleep(2)
        page.goto(f"{up.console}/releases")
    shot(page, "releases_after")
    page.get_by_role("link", name=RELEASE, exact=True).click()
    page.get_by_text(STEWARD).first.wait_for()
    assert "Đã đối chiếu với doanh nghiệp" in page.locator("main").inner_text()
    brief = page.locator("iframe.brief")
    while brief.count() == 0 and time.monotonic() < deadline:
        time.sleep(2)
        page.reload()
    page.frame_locator("iframe.brief").get_by_text("TÌNH HÌNH").first.wait_for()
    shot(page, "release")
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


def test_english_and_the_validation_reports(page: Any, up: Up, asked: str) -> None:
    page.goto(f"{up.console}/reports?lang=en")
    frame = page.frame_locator("iframe.docs")
    frame.get_by_text(re.compile("Data checks of the night")).wait_for()
    shot(page, "reports_night")
    frame.get_by_role("link", name="Data Docs").first.click()
    frame.get_by_role("link", name=re.compile("open")).first.click()
    frame.locator("main").wait_for()
    assert page.get_by_role("heading", name="Validation reports").count() == 1
    shot(page, "reports_en")
    page.goto(f"{up.console}/missing?lang=vi")
