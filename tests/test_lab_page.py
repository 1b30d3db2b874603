"""The lab in Chromium, used as people use it: dragged, stepped, broken, reloaded, by keys alone."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import leastwise as lw
from leastwise.rows.builtin import ARTICLE_X, ARTICLE_Y
from leastwise.words import number

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=")


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The address of `leastwise lab` with these arguments."""
    command = [sys.executable, "-m", "leastwise", "lab", "--no-browser", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as started:
        try:
            address = started.stdout.readline().strip()
            assert ADDRESS.match(address)
            yield address
        finally:
            started.terminate()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture
def visit(browser, address: str) -> Iterator[Callable]:
    """visit(hash) opens the page; afterwards nothing may have been complained of, and nothing asked of elsewhere."""
    contexts, complaints, requests, refused = [], [], [], []

    def opened(fragment: str = "", where: str = address, width: int = 1280, refuses: bool = False, **settings):
        refused.extend([True] if refuses else [])
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(where.partition("#")[0] + fragment if fragment else where)
        page.wait_for_selector(".verdict .words:not(:empty)")
        return page

    yield opened
    for context in contexts:
        context.close()
    # A refused request is on Chromium's own list of errors, whatever the page makes of it.
    assert [one for one in complaints if not (refused and one.startswith("Failed to load resource"))] == []
    assert {urlsplit(url).hostname for url in requests if not url.startswith(("blob:", "data:"))} <= {"127.0.0.1"}


def drawn(page) -> None:
    """Until the next frame has been drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def fact(page, name: str) -> float:
    drawn(page)
    return float(page.locator(f'[data-fact="{name}"]').inner_text().replace(",", ""))


def until(page, condition: str) -> None:
    """Until a condition of `lab` holds; asked from here, since the page allows no eval."""
    for _ in range(300):
        if page.evaluate(
            f"(() => {{ const {{ lab }} = document.querySelector('[data-leastwise-lab]'); return {condition}; }})()"
        ):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{condition} has not come to hold within 30 seconds")


def words(page) -> str:
    drawn(page)
    return page.locator(".verdict .words").inner_text()


def settled(page) -> None:
    """Until the address has been written and the badge has its digits."""
    page.wait_for_timeout(300)
    page.wait_for_selector(".badge:not(.waiting)")
    assert page.locator(".badge").get_attribute("data-state") in ("agrees", "differs", "off")


def fragment(page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).fragment).items()}


def middle(page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, selector: str, across: float, down: float) -> None:
    page.locator(selector).scroll_into_view_if_needed()
    x, y = middle(page, selector)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y + down / 2, steps=4)
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()


def press(page, name: str, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()


def rows(page) -> np.ndarray:
    return np.array(page.evaluate("document.querySelector('[data-leastwise-lab]').lab.state.rows"), dtype=float)


def test_it_opens_on_the_article_and_says_what_is_wrong(visit) -> None:
    page = visit()
    assert "90.8 times the least" in words(page)
    assert fact(page, "x") == pytest.approx(4.042799, abs=1e-6)
    assert fact(page, "intercept, least squares") == pytest.approx(36.64703, abs=1e-5)
    settled(page)
    assert "token" not in page.url, "and hides the token from who looks over the shoulder"


def test_dragging_a_point_moves_the_line_the_numbers_and_the_address(visit) -> None:
    page = visit()
    before = page.locator("path.answer").first.get_attribute("d"), fact(page, "x, least squares"), page.url
    drag(page, '[data-row="14"]', 0, 120)
    settled(page)
    moved = rows(page)
    assert moved[14, 1] < 70
    assert page.locator("path.answer").first.get_attribute("d") != before[0]
    fit = lw.fit(moved[:, 0], moved[:, 1])
    assert fact(page, "x, least squares") == pytest.approx(fit.coef[0], rel=1e-6)
    assert fact(page, "intercept, least squares") == pytest.approx(fit.intercept, rel=1e-6)
    assert page.url != before[2]
    assert fragment(page)["rows"].split(";")[14] == ",".join(f"{v:g}" for v in moved[14])


def test_dragging_follows_the_pointer_while_it_is_down(visit) -> None:
    page = visit()
    x, y = middle(page, '[data-row="0"]')
    page.mouse.move(x, y)
    page.mouse.down()
    seen = []
    for k in range(1, 4):
        page.mouse.move(x, y - 25 * k)
        page.wait_for_timeout(50)
        seen.append(fact(page, "intercept, least squares"))
        assert middle(page, '[data-row="0"]')[1] == pytest.approx(y - 25 * k, abs=1.5), "axes stay still"
    page.mouse.up()
    assert seen == sorted(seen)
    assert len(set(seen)) == 3


def test_points_are_added_and_deleted(visit) -> None:
    page = visit()
    board = page.locator("svg.board").first.bounding_box()
    page.mouse.dblclick(board["x"] + board["width"] * 0.8, board["y"] + board["height"] * 0.7)
    assert fact(page, "rows") == 16
    press(page, "Delete the point")
    assert fact(page, "rows") == 15
    assert np.array_equal(rows(page)[:, 0], ARTICLE_X)
    press(page, "Add a point")
    assert fact(page, "rows") == 16


def test_dragging_the_start_moves_the_path(visit) -> None:
    page = visit()
    before = fact(page, "loss")
    drag(page, "circle.start", 60, -80)
    settled(page)
    start = [float(v) for v in fragment(page)["start"].split(",")]
    kept = lw.descend(ARTICLE_X, ARTICLE_Y, start=([start[0]], start[1])).history
    assert fact(page, "loss") == pytest.approx(kept.loss[-1], rel=1e-6)
    assert fact(page, "loss") != before


def test_stepping_and_running_to_divergence(visit) -> None:
    page = visit()
    page.get_by_label("learning rate", exact=True).fill("0.006")
    page.keyboard.press("Enter")
    press(page, "Back to the start")
    assert fact(page, "epoch") == 0
    press(page, "Step", 3)
    assert fact(page, "epoch") == 3
    press(page, "10 steps")
    assert fact(page, "epoch") == 13
    press(page, "Back to the start")
    press(page, "Run")
    until(page, "!lab.playing")
    assert fact(page, "epoch") == 15
    assert words(page).startswith("Diverges: 0.006 is 1.215 times the limit")
    kept = lw.descend(ARTICLE_X, ARTICLE_Y, learning_rate=0.006, epochs=15).history
    assert fact(page, "loss") == pytest.approx(kept.loss[-1], rel=1e-6)


def test_running_to_overflow_says_so(visit) -> None:
    page = visit("#data=article&rate=1&epochs=1000")
    assert words(page).startswith("Diverges")
    settled(page)
    assert page.locator(".badge").get_attribute("data-state") == "agrees"


def test_to_the_answer_takes_the_epochs_that_python_says(visit) -> None:
    page = visit()
    press(page, "limit rate, 0.004938")
    assert words(page).startswith("Not converged")
    press(page, "best rate, 0.004932")
    press(page, "To the answer")
    advice = lw.advise(ARTICLE_X, ARTICLE_Y, learning_rate=0.004932)
    assert fact(page, "epoch") == advice.epochs_needed
    assert words(page).startswith("Converged")
    page.get_by_label("epoch that is shown").fill(str(advice.epochs_needed - 1))
    assert words(page).startswith("Not converged"), "and one epoch less is one too few"


def test_running_plays_the_epochs_and_can_be_paused(visit) -> None:
    page = visit()
    press(page, "Run")
    until(page, "lab.state.at >= 2")
    press(page, "Pause")
    there = fact(page, "epoch")
    page.wait_for_timeout(600)
    assert fact(page, "epoch") == there
    assert 2 <= there < 15


def test_with_less_motion_a_run_is_there_at_once(visit) -> None:
    page = visit(reduced_motion="reduce")
    press(page, "Back to the start")
    press(page, "Run")
    page.wait_for_timeout(60)
    assert fact(page, "epoch") == 15


def test_lines_of_the_code_light_up_in_turn(visit) -> None:
    page = visit()
    press(page, "Back to the start")

    def lit() -> list[str]:
        drawn(page)
        return page.locator(".listing").first.locator("li.lit code").all_inner_texts()

    seen = [lit()]
    for _ in range(6):
        press(page, "Next line")
        seen.append(lit())
    names = ["residual", "loss", "gradient_w", "gradient_b", "w", "b", "residual"]
    assert [line[0].split("=")[0].strip() for line in seen] == names
    assert fact(page, "epoch") == 1
    for listing in page.locator(".listing").all():
        assert listing.locator("li.lit").count() >= 1
    # The numbers beside the lines are Python's.
    kept = lw.descend(ARTICLE_X, ARTICLE_Y, epochs=2).history
    shown = page.locator(".listing").first.inner_text()
    assert f"# {number(kept.loss[1], 7)}" in shown
    assert f"[{number(kept.coef[2, 0], 6)}]" in shown


def test_a_reload_gives_the_same_state(visit) -> None:
    page = visit()
    drag(page, '[data-row="3"]', 10, -60)
    page.get_by_role("group", name="features").get_by_label("standardised").check()
    page.get_by_label("optimiser").select_option("momentum")
    page.get_by_label("learning rate", exact=True).fill("0.05")
    page.keyboard.press("Enter")
    page.get_by_label("epochs", exact=True).fill("40")
    page.keyboard.press("Enter")
    press(page, "Keep this run")
    page.get_by_label("residual squares").check()
    page.get_by_label("excess over least squares").check()
    page.get_by_label("epoch that is shown").fill("12")
    settled(page)

    def picture() -> list[str]:
        return [
            page.url,
            page.locator("dl").inner_text(),
            words(page),
            *page.locator("svg.board path").evaluate_all("list => list.map((one) => one.getAttribute('d')).sort()"),
        ]

    before = picture()
    page.reload()
    page.wait_for_selector(".verdict .words:not(:empty)")
    settled(page)
    assert picture() == before
    assert page.locator(".kept-list li").count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        "rate=-1",
        "rate=x",
        "epochs=0",
        "epochs=1e99",
        "optimizer=sgdx",
        "mistake=LW999",
        "rows=1,2;x",
        "start=1",
        "start=,",
        "scale=log",
        "kept=a;b",
        "kept=raw;constructor;0.1;10;0,0;",
        "axes=7,9",
        "at=-1",
        "rows=1,2",
        "data=nothing",
    ],
)
def test_an_address_that_makes_no_sense_is_mended(visit, bad: str) -> None:
    page = visit(f"#data=article&{bad}" if not bad.startswith("data") else f"#{bad}", refuses=bad.startswith("data"))
    settled(page)
    assert fact(page, "rows") == 15
    assert "Not converged" in words(page)
    if not bad.startswith(("start=1", "axes")):
        assert "Not read from the address" in page.locator(".notice").inner_text()


def test_names_of_any_kind(visit) -> None:
    """Some that the address escapes wrongly, and some that the numbers beside have too."""
    page = visit("#data=article&names=%25,y&rows=1,2;3,4;5,7")
    settled(page)
    assert fact(page, "rows") == 3
    page = visit(
        "#data=article&names=loss,epoch,y&rows=1,2,3;2,5,4;3,3,8;4,9,7;5,1,1&start=0.25,0.5,0.75&epochs=1&at=0"
    )
    settled(page)
    found = page.locator(".facts dd").all_inner_texts()
    labels = page.locator(".facts dt").all_inner_texts()
    told = list(zip(labels, found, strict=True))
    assert ("epoch", "0") in told
    assert ("loss", "0.25") in told
    assert ("epoch", "0.5") in told


def test_typed_nonsense_is_explained(visit) -> None:
    page = visit()
    for label, text, said in (
        ("learning rate", "abc", "learning rate must be a number above 0: it is abc."),
        ("learning rate", "-1", "above 0"),
        ("epochs", "1.5", "whole number"), ("epochs", "", "empty"), ("epochs", "1e9", "100,000"),
    ):  # fmt: skip
        box = page.get_by_label(label, exact=True)
        box.fill(text)
        box.press("Enter")
        assert said in page.locator(".notice").inner_text()
        assert box.get_attribute("aria-invalid") == "true"
    assert fact(page, "epoch") == 15


def test_the_badge_is_measured_by_python(visit) -> None:
    """14 digits and more for each optimiser with a twin; what it says is the least of the two."""
    page = visit()
    for rule in ("sgd", "momentum", "adam", "rprop", "adamw"):
        page.get_by_label("optimiser").select_option(rule)
        settled(page)
        badge = page.locator(".badge")
        numpy, torch = (float(badge.get_attribute(f"data-{name}")) for name in ("numpy", "torch"))
        assert min(numpy, torch) > 13
        assert badge.inner_text() == f"browser = NumPy = PyTorch to {min(numpy, torch):.1f} digits"
    page.get_by_label("optimiser").select_option("cg")
    settled(page)
    assert "torch.optim has no cg" in page.locator(".badge").inner_text()


def test_the_badge_sees_a_browser_that_computes_otherwise(visit, browser) -> None:
    """Were the module's loss wrong by one part in a million, the badge would say 6 digits."""
    page = visit()
    settled(page)
    until(page, "(lab.study.run(lab.state).losses[3] *= 1 + 1e-6, lab.agreed = null, lab.agree(), true)")
    page.wait_for_selector('.badge[data-state="differs"]')
    assert float(page.locator(".badge").get_attribute("data-numpy")) == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("code", ["LW103", "LW105", "LW106", "LW109", "LW115", "LW120", "LW125"])
def test_breaking_it_shows_the_mistake_and_the_diagnosis(visit, code: str) -> None:
    page = visit()
    page.get_by_label("break it").select_option(code)
    settled(page)
    assert f"({code})" in words(page)
    assert "done right it is" in words(page)
    assert "To mend it: " in words(page)
    assert "with the same mistake" in page.locator(".badge").inner_text()
    assert float(page.locator(".badge").get_attribute("data-numpy")) > 13
    until(page, f"lab.controls.diagnosis.textContent.includes('{code}')")
    assert code in page.locator(".diagnosis").inner_text()


def test_standardising_turns_the_valley_into_a_bowl(visit) -> None:
    page = visit()
    assert fact(page, "condition") == pytest.approx(854.7, abs=0.1)
    page.get_by_role("group", name="features").get_by_label("standardised").check()
    assert fact(page, "condition") == pytest.approx(1)
    page.get_by_role("group", name="features").get_by_label("centred").check()
    assert fact(page, "condition") == pytest.approx(np.var(ARTICLE_X), rel=1e-4)


def test_kept_runs_are_drawn_beside_the_next(visit) -> None:
    page = visit()
    press(page, "Keep this run")
    page.get_by_label("learning rate", exact=True).fill("0.004")
    page.keyboard.press("Enter")
    press(page, "Keep this run")
    drawn(page)
    assert page.locator(".kept-list li").count() == 2
    loss = page.locator("svg.board").nth(1)
    lines = [d for d in loss.locator("path.kept").evaluate_all("list => list.map((one) => one.getAttribute('d'))") if d]
    assert len(set(lines)) == 2
    press(page, "forget run 1")
    drawn(page)
    assert page.locator(".kept-list li").count() == 1


@pytest.mark.parametrize("preset", ["anscombe-1", "anscombe-4", "outlier", "years", "diverging"])
def test_presets(visit, preset: str) -> None:
    page = visit()
    page.get_by_label("data", exact=True).select_option(preset)
    settled(page)
    assert fragment(page)["data"] == preset
    assert page.locator(".badge").get_attribute("data-state") == "agrees"
    if preset == "diverging":
        assert words(page).startswith("Diverges")


FLATS = "size,rooms,price,town\n" + "".join(
    f"{50 + 7 * k},{1 + k % 4},{100 + 13 * k + k % 3},Oslo\n" for k in range(30)
)


def test_a_file_is_uploaded_and_its_columns_are_chosen(visit, tmp_path: Path) -> None:
    page = visit()
    path = tmp_path / "my flats.csv"
    path.write_text(FLATS)
    page.get_by_label("open a file").set_input_files(path)
    until(page, "lab.state.n === 30")
    settled(page)
    table = np.array([[float(v) for v in line.split(",")[:3]] for line in FLATS.splitlines()[1:]])
    fit = lw.fit(table[:, :2], table[:, 2])
    assert fact(page, "size, least squares") == pytest.approx(fit.coef[0], rel=1e-6)
    assert fact(page, "rooms, least squares") == pytest.approx(fit.coef[1], rel=1e-6)
    assert page.locator(".badge").get_attribute("data-state") == "agrees"
    page.get_by_label("feature in the picture").select_option("1")
    page.get_by_label("parameter upwards").select_option("1")
    page.locator(".columns summary").click()
    page.get_by_label("target").select_option("size")
    page.locator(".boxes").get_by_label("rooms").uncheck()
    page.locator(".boxes").get_by_label("price").check()
    press(page, "Use these")
    page.wait_for_selector('[data-fact="price"]')
    assert fact(page, "price, least squares") == pytest.approx(lw.fit(table[:, 2], table[:, 0]).coef[0], rel=1e-6)
    settled(page)
    before = page.locator("dl").inner_text()
    page.reload()
    page.wait_for_selector('[data-fact="price"]')
    assert page.locator("dl").inner_text() == before, "the server still has the file"


def test_a_file_that_cannot_be_read_is_explained(visit, tmp_path: Path) -> None:
    page = visit(refuses=True)
    path = tmp_path / "names.csv"
    path.write_text("name\nann\nbob\n")
    page.get_by_label("open a file").set_input_files(path)
    until(page, "lab.parts.notice.textContent.includes('numbers')")
    assert "names.csv" in page.locator(".notice").inner_text()
    assert fact(page, "rows") == 15


def test_data_of_the_command_line_with_more_rows_than_can_be_moved(visit, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(50, 9, 30_000)
    table = np.column_stack([x, 3 + 2 * x + rng.normal(0, 4, len(x))])
    path = tmp_path / "many.csv"
    np.savetxt(path, table, delimiter=",", header="size,price", comments="", fmt="%.17g")
    with served(str(path)) as where:
        page = visit(where=where)
        assert fact(page, "rows") == 30_000
        assert words(page).startswith("Converged"), "rows of one's own begin at a rate that gets there"
        fit = lw.fit(table[:, 0], table[:, 1])
        assert fact(page, "size, least squares") == pytest.approx(fit.coef[0], rel=1e-6)
        assert page.locator("circle.point").count() == 1000
        assert page.get_by_role("button", name="Add a point").count() == 0
        settled(page)
        assert page.locator(".badge").get_attribute("data-state") == "agrees"
        assert "first 1,000 are drawn" in page.locator(".sources .hint").inner_text()


def test_keys_alone_do_everything(visit) -> None:
    """Tab to a point, move it, go on to the next, delete it; the start; a rate; run; the table."""
    page = visit()
    focus = "(({ ariaLabel, textContent, tagName }) => ariaLabel || textContent || tagName)(document.activeElement)"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(focus).startswith("row 1:"):
            break
    assert page.evaluate(focus) == "row 1: x 1, y 39"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    x, y = rows(page)[0]
    assert x > 2
    assert 39 < y < 41
    page.keyboard.press("PageDown")
    assert page.evaluate(focus).startswith("row 2:")
    page.keyboard.press("Delete")
    assert fact(page, "rows") == 14
    page.keyboard.press("End")
    assert page.evaluate(focus).startswith("row 14:")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focus).startswith("start: "):
            break
    before = fact(page, "loss")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(50)
    assert fact(page, "loss") != before
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(focus) == "Step":
            break
    page.keyboard.press("Enter")
    assert fact(page, "epoch") == 16
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(focus) == "The rows as a table":
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.wait_for_selector("table input")
    page.get_by_label("y of row 1", exact=True).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    assert rows(page)[0, 1] == 50


def test_the_table_is_the_equal_of_the_picture(visit) -> None:
    page = visit()
    page.get_by_text("The rows as a table").click()
    drawn(page)
    assert page.locator("table tbody tr").count() == 15
    page.get_by_label("x of row 2", exact=True).fill("2.5")
    page.keyboard.press("Enter")
    drawn(page)
    assert page.locator('[data-row="1"]').get_attribute("aria-label") == "row 2: x 2.5, y 42"
    page.get_by_label("x of row 2", exact=True).fill("two")
    page.keyboard.press("Enter")
    assert "x of row 2 must be a number: it is two." in page.locator(".notice").inner_text()
    page.get_by_label("delete row 3").click()
    assert fact(page, "rows") == 14
    press(page, "Add a row")
    assert fact(page, "rows") == 15


def test_it_can_be_taken_along(visit, tmp_path: Path) -> None:
    """The address, and a command that is run here and gives the numbers of the page; pictures that are whole."""
    page = visit()
    drag(page, '[data-row="3"]', 0, -60)
    settled(page)
    page.get_by_text("Take it with you").click()
    until(page, "lab.exports.address.textContent !== ''")
    address = page.get_by_label("Address", exact=True).inner_text()
    assert "rows=" in address
    assert "token" not in address
    command = page.get_by_label("Command", exact=True).inner_text()
    command = command.replace("leastwise compare", f"'{sys.executable}' -m leastwise compare --json --methods numpy", 1)
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert math.isclose(float(re.search(r'"final_loss": ([\d.e+-]+)', ran.stdout)[1]), fact(page, "loss"), rel_tol=1e-6)
    for name, begins in (("contours as SVG", b"<svg"), ("data as PNG", b"\x89PNG"), ("rows as CSV", b"x,y\n")):
        with page.expect_download() as waiting:
            press(page, name)
        waiting.value.save_as(tmp_path / "it")
        saved = (tmp_path / "it").read_bytes()
        assert saved.startswith(begins)
        assert len(saved) > (80 if name.endswith("CSV") else 3000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(visit, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(
        "#data=article&mistake=LW103&squares=yes&kept=raw;sgd;0.001;15;0.5,1;", width=width, color_scheme=scheme
    )
    page.get_by_text("The rows as a table").click()
    page.get_by_text("Take it with you").click()
    until(page, "lab.controls.diagnosis.textContent.includes('LW103')")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    policy = page.context.new_cdp_session(page)
    policy.send("Page.setBypassCSP", {"enabled": True})
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_a_server_that_is_gone_is_said_to_be(visit) -> None:
    with served() as where:
        page = visit(where=where, refuses=True)
        settled(page)
    page.get_by_label("learning rate", exact=True).fill("0.002")
    page.keyboard.press("Enter")
    settled(page)
    assert "does not answer" in page.locator(".badge").inner_text()
    assert "0.002" in words(page), "and all else goes on"


REPORTS = {
    "compare": (["compare", "article", "--learning-rate", "0.004"], "at learning rate 0.004 the loss is"),
    "descend": (
        ["descend", "article", "--optimizer", "momentum", "--standardise", "--learning-rate", "0.1"],
        "after 15",
    ),
    "check": (["check", "MINE:mine"], "sum instead of mean (LW103)"),
}
MINE = """
import numpy as np

def mine(X, y, w, b, learning_rate, epochs):
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - learning_rate * 2 * X.T @ error, b - learning_rate * 2 * error.sum()
    return w, b
"""


@pytest.mark.parametrize("kind", REPORTS)
def test_the_reports_can_be_moved_by_hand(browser, kind: str, tmp_path: Path) -> None:
    """Without a server or a request; where no scripts run the page says so, and all else is there."""
    arguments, said = REPORTS[kind]
    path, code = tmp_path / "report.html", tmp_path / "mine.py"
    code.write_text(MINE)
    arguments = [word.replace("MINE", str(code)) for word in arguments]
    command = [sys.executable, "-m", "leastwise", *arguments, "--html", str(path)]
    subprocess.run(command, check=kind != "check", capture_output=True)
    page, complaints, requests = browser.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector(".leastwise-lab .words:not(:empty)")
    assert said in page.locator(".leastwise-lab .words").inner_text()
    before = fact(page, "x, least squares")
    drag(page, '[data-row="14"]', 0, 60)
    assert fact(page, "x, least squares") != before
    page.close()
    assert complaints == []
    assert requests == [path.as_uri()]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.get_by_text("Where scripts run").is_visible()
    context.close()
