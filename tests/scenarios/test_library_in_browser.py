"""What a real browser makes of a message that is shown online: all of its looks, and none of what it would do."""

import pytest

from scenarios.browser import CHROMIUM, browser, site_of_somebody_else
from staffetta.interfaces.public.library import FILE_HEADERS, MESSAGE_HEADERS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}: apt-get install chromium"),
]

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
HOSTILE = f"""<title>Quiet</title><h1 style="color: #ff0000">Spring</h1><img id="seen" src="{PIXEL}">
<script>document.title = "ran"</script><img src="data:," onerror="document.title = 'ran'">
<svg onload="document.title = 'ran'"></svg><a href="javascript:document.title = 'ran'">link</a>
<iframe src="/framed"></iframe><form action="/sent"><button>Send</button></form>"""


def test_a_message_online_looks_as_it_was_written_and_does_nothing():
    with browser() as started, site_of_somebody_else(HOSTILE, MESSAGE_HEADERS) as site:
        page = started.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site)
        page.get_by_role("button").click()
        page.get_by_role("link").click()

        seen = page.evaluate(
            "[getComputedStyle(document.querySelector('h1')).color, document.querySelector('#seen').naturalWidth,"
            " window.origin, document.title]"
        )

    assert seen == ["rgb(255, 0, 0)", 1, "null", "Quiet"]
    assert [url for url in asked if "/framed" in url or "/sent" in url] == []


def test_a_file_that_is_looked_at_by_itself_is_of_no_origin_and_runs_nothing():
    with browser() as started, site_of_somebody_else(HOSTILE, FILE_HEADERS) as site:
        page = started.new_page()
        page.goto(site)

        assert page.evaluate("[window.origin, document.title]") == ["null", "Quiet"]
