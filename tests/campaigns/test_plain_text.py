"""The text part that is made from HTML."""

import pytest

from staffetta.campaigns.plain_text import LONGEST, plain_text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One\n  two</p><p>Three</p>", "One two\n\nThree"),
        ("<h1>Title</h1>text<br>next<br><br>last", "Title\n\ntext\nnext\n\nlast"),
        ("a <b>b</b><i> c</i> &amp; &egrave;&nbsp;d", "a b c & è\xa0d"),
        ('<a href="https://a.example/?x=1&amp;y=2">Shop</a>.', "Shop <https://a.example/?x=1&y=2>."),
        ('<a href="https://a.example/">https://a.example/</a>', "https://a.example/"),
        ('<a href="https://a.example/"><img src="x" alt="Logo"></a>', "Logo <https://a.example/>"),
        ('<a href="https://a.example/"><img src="x"></a>', "https://a.example/"),
        ('<a href="#top">Top</a> <a name="x">here</a>', "Top here"),
        ('<a href="https://a.example/">never closed', "never closed <https://a.example/>"),
        ("<ul><li>one<li>two</ul><ol><li><p>one</p></li><li>two</li></ol>", "- one\n- two\n\n1. one\n\n2. two"),
        ("<ul><li>one<ul><li>within</li></ul></li></ul>", "- one\n\n  - within"),
        ("<table><tr><th>Name</th><th>Price</th></tr><tr><td>Tea</td><td>2</td></tr></table>", "Name Price\nTea 2"),
        ("<table><tr><td><p>One</p></td><td><div>two</div></td></tr></table>", "One\n\ntwo"),
        ("one<hr>two", "one\n" + "-" * 40 + "\ntwo"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<head><title>T</title><style>p{}</style></head><body>x<script>y</script></body>", "x"),
        ('<div style="Display: none">hidden<div>too</div></div>shown', "shown"),
        ("<p>a<span hidden>hidden</span>b</p><template>c</template>", "ab"),
        ('<p style="visibility: hidden">hidden</p><img style="display:none" alt="hidden">shown', "shown"),
        ('<div title="hidden display:none">shown</div>', "shown"),
        ('<div style="display:none">shown, for it has no end', "shown, for it has no end"),
        ("<!--[if mso]>for one program<![endif]-->for all", "for all"),
        ("<!--[if !mso]><!-->for all<!--<![endif]-->", "for all"),
        ("<!-- nothing -->", ""),
        ("<p>1 < 2 and <unknown>3</unknown></p>", "1 < 2 and 3"),
    ],
)
def test_html_reads_as_text(html, expected):
    assert plain_text(html) == expected


def test_a_text_has_an_end():
    text = plain_text("<p>word word</p>" * 200_000)

    assert LONGEST < len(text) < LONGEST + 100
    assert text.endswith("…")
