"""The page of `to_html`, in a browser."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from browsers import browser, complaints, requested
from matplotlib.image import imread

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._vectors.points import points_of
from sk_entity.inspection import to_html

pytestmark = pytest.mark.slow

HOSTILE = '</script><img src=x onerror="document.title=1"><b>bold</b>'


@pytest.fixture(scope="module")
def encoder():
    """Forty towns, three of them rare, one with a hostile name; kinds; empty cells."""
    rng = np.random.default_rng(0)
    towns = [HOSTILE, "Zürich", *(f"town {k:02d}" for k in range(35))]
    town = np.concatenate([rng.integers(len(towns), size=900), np.arange(len(towns))])
    X = pd.DataFrame({"town": pd.Series(towns).take(town).to_numpy(object)})
    X["kind"] = rng.choice(["shop", "school", "inn"], len(X))
    X["size"] = rng.normal(size=len(X))
    X.loc[:2, "town"] = ["rare one", "rare two", "rare three"]
    X.loc[3:12, "town"] = None
    y = np.sin(town) + np.cos(3 * town) * X["size"] + 0.1 * rng.normal(size=len(X))
    regressor = EntityEmbeddingRegressor(max_iter=8, min_frequency=2, random_state=0, device="cpu")
    encoder = EntityEmbeddingEncoder(regressor, cv=2, n_components=3, random_state=0)
    encoder.fit_transform(X, y)
    return encoder


@pytest.fixture(scope="module")
def path(encoder, tmp_path_factory):
    return to_html(encoder, tmp_path_factory.mktemp("page") / "towns.html")


@pytest.fixture(scope="module")
def started(path):
    with browser() as chromium:
        chromium.get(path.as_uri())
        yield chromium


@pytest.fixture
def page(started):
    """The page as it opens: choosing a column sets everything else back."""
    started.execute_script(
        """const column = document.getElementById("column");
        column.value = "0";
        column.dispatchEvent(new Event("change"));
        document.getElementById("marks").replaceChildren();"""
    )
    wait_for(started, "marked() > 0")
    return started


SCRIPT = """
const el = (id) => document.getElementById(id), plot = el("plot");
const marked = () => document.querySelectorAll("#marks span").length;
"""


def ask(page, expression):
    return page.execute_script(f"{SCRIPT} return {expression};")


def wait_for(page, expression):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(page, 30, 0.05).until(lambda page: ask(page, expression))


def choose(page, control, text):
    from selenium.webdriver.support.select import Select

    Select(page.find_element("id", control)).select_by_visible_text(text)


def type_in_search(page, *keys):
    field = page.find_element("id", "query")
    field.clear()
    field.send_keys(*keys)


def on_screen(page, point):
    """Where a point is, given its trace and its place there, and which of the traces it is."""
    x, y, k = page.execute_script(
        f"""{SCRIPT}
        const {{ xaxis, yaxis }} = plot._fullLayout, frame = plot.getBoundingClientRect();
        const k = plot.data.findIndex((t) => t.name === {point[0]!r}), n = {point[1]};
        return [frame.left + xaxis._offset + xaxis.l2p(plot.data[k].x[n]),
                frame.top + yaxis._offset + yaxis.l2p(plot.data[k].y[n]), k];"""
    )
    return x, y, k


def send_mouse(page, kind, x, y, **more):
    page.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})


def facts(text):
    """Terms and values of a list that the page shows."""
    lines = text.splitlines()
    return dict(zip(lines[::2], lines[1::2], strict=True))


def test_it_draws_every_vector_and_asks_nobody_for_anything(started, encoder, path):
    complaints(started), requested(started)
    started.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    started.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    started.get(path.as_uri())
    wait_for(started, "marked() > 0")
    points = points_of(encoder.state_.columns[0])
    drawn = ask(started, "plot.data.map((t) => [t.type, t.name, [...t.x], [...t.y]])")
    assert {trace[0] for trace in drawn} == {"scattergl"}
    x, y = (np.concatenate([trace[k] for trace in drawn]) for k in (2, 3))
    np.testing.assert_allclose(np.sort(x), np.sort(points["town_effect"]), rtol=1e-5)
    np.testing.assert_allclose(np.sort(y), np.sort(points["town_axis_1"]), rtol=1e-5)
    special = next(trace for trace in drawn if trace[1] == "no single category")
    assert len(special[2]) == 3  # infrequent, missing, unknown
    picture = imread(io.BytesIO(started.find_element("id", "plot").screenshot_as_png))[..., :3]
    assert (np.ptp(picture, axis=2) > 0.3).sum() > 5000  # pixels of a colour
    assert ask(started, "plot._fullLayout.xaxis.title.text") == (
        "town_effect (standard deviations of y)"
    )
    ask(started, "Plotly.toImage(plot)")
    type_in_search(started, "town 1", "\n")
    wait_for(started, "document.querySelector('#marks i.chosen') !== null")
    outside = [url for url in requested(started) if not url.startswith(("data:", "blob:"))]
    assert outside == [path.as_uri()]
    assert complaints(started) == []
    on = {**offline, "offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    started.execute_cdp_cmd("Network.emulateNetworkConditions", on)


def test_even_if_told_to_it_loads_nothing(page):
    page.set_script_timeout(10)
    message = page.execute_async_script(
        """const done = arguments[0];
        fetch("https://example.org").then(() => done("loaded"), (error) => done(String(error)));"""
    )
    assert "Failed to fetch" in message
    assert "Content Security Policy" in " ".join(complaints(page))


def test_hovering_tells_about_a_point(page, encoder):
    support = encoder.support_["town"]
    group, n = "category", 0  # the most frequent one comes first
    x, y, k = on_screen(page, (group, n))
    send_mouse(page, "mouseMoved", x - 3, y)
    send_mouse(page, "mouseMoved", x, y)
    wait_for(page, "!el('tip').hidden")
    name, *rest = page.find_element("id", "tip").text.splitlines()
    found = facts("\n".join(rest))
    assert found["training rows"] == str(support.at[name, "count"])
    effect = encoder.embeddings_["town"].at[name, "town_effect"]
    assert float(found["effect"]) == pytest.approx(effect, rel=0.01)
    assert float(found["effect"]) == pytest.approx(ask(page, f"plot.data[{k}].x[{n}]"), rel=0.01)
    deviation = float(found["posterior standard deviation"])
    assert deviation == pytest.approx(support.at[name, "deviation"], rel=0.01)
    assert found["trusted"] == {True: "yes", False: "no"}[support.at[name, "trusted"]]
    send_mouse(page, "mouseMoved", 5, 5)
    wait_for(page, "el('tip').hidden")


def test_search_finds_centres_and_shows_the_nearest(page, encoder):
    type_in_search(page, "TOWN 1")
    hits = [hit.text.splitlines()[0] for hit in page.find_elements("css selector", "#hits li")]
    assert sorted(hits) == [f"town {k}" for k in range(10, 20)]
    page.find_element("css selector", "#hits li:nth-child(3)").click()
    name = hits[2]
    wait_for(page, "document.querySelector('#marks i.chosen') !== null")
    assert page.find_element("css selector", "#chosen h2").text == name
    vectors = encoder.embeddings_["town"]
    wait_for(page, "document.querySelector('#marks span.chosen') !== null")
    for axis, component in (("xaxis", "town_effect"), ("yaxis", "town_axis_1")):
        centre = np.mean(ask(page, f"plot._fullLayout.{axis}.range"))
        assert centre == pytest.approx(vectors.at[name, component], abs=1e-3)
    own = vectors.drop(index=["rare one", "rare two", "rare three"])
    distances = np.linalg.norm(own - vectors.loc[name], axis=1)
    expected = own.index[np.argsort(distances, kind="stable")][1:11].tolist()
    buttons = page.find_elements("css selector", "#chosen td button")
    assert [button.text for button in buttons] == expected
    buttons[0].click()
    assert page.find_element("css selector", "#chosen h2").text == expected[0]


def test_search_with_the_keyboard_ignores_accents_and_says_if_nothing_is_found(page):
    from selenium.webdriver.common.keys import Keys

    type_in_search(page, "zurich", Keys.ENTER)
    assert page.find_element("css selector", "#chosen h2").text == "Zürich"
    type_in_search(page, "town 1", Keys.ARROW_DOWN)
    active = page.find_element("id", "query").get_attribute("aria-activedescendant")
    assert active == "hit-1"
    second = page.find_element("id", active).text.splitlines()[0]
    type_in_search(page, "town 1", Keys.ARROW_DOWN, Keys.ENTER)
    assert page.find_element("css selector", "#chosen h2").text == second
    type_in_search(page, "no such town")
    assert "no category" in page.find_element("id", "hits").text


def test_an_infrequent_category_leads_to_the_vector_of_all(page):
    type_in_search(page, "rare two", "\n")
    wait_for(page, "document.querySelector('#marks i.chosen') !== null")
    told = page.find_element("id", "chosen").text
    assert told.splitlines()[0] == "rare two"
    assert "3 infrequent categories" in told
    assert facts("\n".join(told.splitlines()[2:4]))["training rows"] == "3"


def test_another_column_is_drawn(page, encoder):
    choose(page, "column", "kind")
    assert ask(page, "plot.data[0].x.length") == 3
    assert page.find_element("id", "summary").text.startswith("kind: 3 categories")
    shown = [o.text for o in page.find_elements("css selector", "#vertical option")]
    components = [name.removeprefix("kind_") for name in encoder.embeddings_["kind"]]
    assert shown[:-2] == [name.replace("_", " ") for name in components]


def test_axes_and_colour_can_be_chosen(page, encoder):
    vectors = encoder.embeddings_["town"]
    choose(page, "vertical", "axis 2")
    choose(page, "colour", "training rows")
    drawn = ask(page, "plot.data.filter((t) => t.name === 'category').map((t) => [...t.y])")[0]
    of_frequent = vectors["town_axis_2"].to_numpy()
    assert all(np.isclose(of_frequent, value, rtol=1e-5).any() for value in drawn)
    assert ask(page, "plot._fullLayout.coloraxis.colorbar.title.text") == "training rows"
    choose(page, "horizontal", "training rows")
    assert ask(page, "plot._fullLayout.xaxis.type") == "log"
    x = ask(page, "[...plot.data.find((t) => t.name === 'category').x]")
    assert set(x) <= set(encoder.support_["town"]["count"])


def test_dragging_moves_points_and_their_names(page):
    type_in_search(page, "Zürich", "\n")
    wait_for(page, "document.querySelector('#marks span.chosen') !== null")
    before = ask(page, "plot._fullLayout.xaxis.range[0]")
    chosen = "document.querySelector('#marks span.chosen').getBoundingClientRect().left"
    start = ask(page, chosen)
    frame = ask(page, "(({left, top}) => [left, top])(plot.getBoundingClientRect())")
    x, y = frame[0] + 150, frame[1] + 60
    send_mouse(page, "mouseMoved", x, y)
    send_mouse(page, "mousePressed", x, y, button="left", clickCount=1)
    for step in (20, 40, 60):
        send_mouse(page, "mouseMoved", x + step, y, button="left")
    wait_for(page, f"Math.abs({chosen} - {start} - 60) < 2")  # while the button is down
    send_mouse(page, "mouseReleased", x + 60, y, button="left", clickCount=1)
    assert ask(page, "plot._fullLayout.xaxis.range[0]") < before


def test_a_hostile_name_is_text(page):
    type_in_search(page, "onerror", "\n")
    wait_for(page, "document.querySelector('#marks span.chosen') !== null")
    assert page.find_element("css selector", "#chosen h2").text == HOSTILE
    assert page.title == "Vectors of town and kind"
    assert ask(page, "document.querySelectorAll('img').length") == 0
    assert ask(page, "document.querySelectorAll('b').length") == 0
    assert complaints(page) == []


def test_every_control_has_a_label(page):
    names = page.execute_script(
        "return [...document.querySelectorAll('select, input')].map((c) => c.labels[0]?.innerText)"
    )
    assert [name.split("\n")[0].strip() for name in names] == [
        "Column",
        "Horizontal",
        "Vertical",
        "Colour",
        "Find a category",
    ]


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_width_of_the_screen(page, width):
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.refresh()
        wait_for(page, "marked() > 0")
        assert ask(page, "window.innerWidth") == width
        assert ask(page, "document.documentElement.scrollWidth") <= width
        assert ask(page, "plot.clientHeight") > 300
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture(scope="module")
def long_encoder():
    """Six thousand customers, of whom the last thousand has fewer rows."""
    customer = np.concatenate([np.arange(6000), np.arange(5000)])
    X = pd.DataFrame({"customer": [f"customer {k}" for k in customer]})
    regressor = EntityEmbeddingRegressor(max_iter=1, embedding_dim=2, random_state=0, device="cpu")
    encoder = EntityEmbeddingEncoder(regressor, n_components=2).fit(X, np.sin(customer))
    column = encoder.state_.columns[0]
    deviations = column.deviations.copy()
    deviations[-100:] = 1e3  # of the last hundred nothing is known
    encoder.state_ = replace(encoder.state_, columns=(replace(column, deviations=deviations),))
    return encoder


@pytest.fixture(scope="module")
def long_path(long_encoder, tmp_path_factory):
    return to_html(long_encoder, tmp_path_factory.mktemp("long") / "customers.html")


def test_without_webgl_it_draws_the_most_frequent_and_finds_all(path, encoder, long_path):
    with browser(webgl=False) as chromium:
        chromium.get(path.as_uri())
        wait_for(chromium, "marked() > 0")
        assert ask(chromium, "plot.data.map((t) => t.type)") == ["scatter"] * 2
        n_points = ask(chromium, "document.querySelectorAll('#plot .point').length")
        assert n_points == len(points_of(encoder.state_.columns[0]))
        assert chromium.find_element("id", "status").text == ""

        chromium.get(long_path.as_uri())
        wait_for(chromium, "marked() > 0")
        # Drawn by the logarithm of its training rows, what is unknown has no place.
        assert ask(chromium, "plot._fullLayout.yaxis.type") == "log"
        assert ask(chromium, "document.querySelectorAll('#plot .point').length") == 5000
        assert "the 5,000 most frequent categories" in chromium.find_element("id", "status").text
        type_in_search(chromium, "customer 5999", "\n")  # is not drawn
        wait_for(chromium, "document.querySelector('#marks i.chosen') !== null")
        assert chromium.find_element("css selector", "#chosen h2").text == "customer 5999"
        assert complaints(chromium) == []


def test_thousands_of_points_are_drawn_with_webgl_and_some_are_pale(
    started, path, long_encoder, long_path
):
    refuted = int((~long_encoder.support_["customer"]["trusted"]).fillna(False).sum())
    assert refuted >= 100
    started.get(long_path.as_uri())
    try:
        wait_for(started, "marked() > 0")
        assert ask(started, "plot.data.map((t) => t.x.length).reduce((a, b) => a + b)") == 6001
        assert started.find_element("id", "status").text == ""
        traces = dict(
            ask(started, "plot.data.map((t) => [t.name, [t.x.length, t.marker.opacity]])")
        )
        assert traces["not to be trusted"] == [refuted, 0.3]
        assert traces["no single category"] == [1, 0.9]
        assert complaints(started) == []
    finally:
        started.get(path.as_uri())
