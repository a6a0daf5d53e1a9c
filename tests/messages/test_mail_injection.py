"""Whatever anybody types, a mail has its own headers and its own parts, and nothing else."""

import re
from email.header import decode_header, make_header
from email.utils import parseaddr

from hypothesis import given, settings
from hypothesis import strategies as st

from staffetta.kit.languages import Language
from staffetta.messages import ABOUT_ACCOUNTS, MailKind
from staffetta.messages.wire import clean, clean_url

NASTY = st.sampled_from(
    [
        "\r\nBcc: all@example.org\r\n\r\nbody",
        "\n--=_staffetta--\n",
        '"><script>alert(1)</script>',
        "\ufdd0confirm_url\ufdd1\ufdd2profile_url\ufdd3",
        "{{ 7 * 7 }}{0.__class__}{list}%s",
        "=?utf-8?Q?x=0D=0ABcc:_y?=",
        'a"b\\c, <d@e.example>;',
        "é" * 300,
        "日本" * 200,
        "x" * 3000,
    ]
)
ANYTHING = st.lists(st.one_of(NASTY, st.text(st.characters(), max_size=40)), max_size=3).map("".join)
HEADERS = ["Date", "From", "Sender", "Reply-To", "To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe"]
HEADERS += ["List-Unsubscribe-Post", "X-Abuse", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type"]
OWNERS_TEXTS = [
    "sender_name",
    "sender_email",
    "reply_to",
    "company_name",
    "address",
    "city",
    "country_code",
    "permission_reminder",
    "web_site_url",
    "header_list_unsubscriber",
    "header_x_abuse",
    "bounced_email",
]
LINKS = ANYTHING.map(lambda text: f"https://mail.example/{text}"[:250])


REQUESTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind for kind in MailKind if kind not in ABOUT_ACCOUNTS]),
        "language": st.sampled_from(Language),
        "email": st.one_of(st.just("ada@example.org"), ANYTHING),
        "name": ANYTHING,
        "list_names": st.lists(ANYTHING, max_size=3),
        "host": ANYTHING,
        "values": st.fixed_dictionaries(
            {"confirm_url": LINKS, "unsubscribe_url": LINKS, "profile_url": LINKS, "unsubscribed": ANYTHING}
        ),
    }
)


@settings(deadline=None, max_examples=60)
@given(list_name=ANYTHING, texts=st.fixed_dictionaries(dict.fromkeys(OWNERS_TEXTS, ANYTHING)), request=REQUESTS)
def test_no_input_adds_a_header_or_a_part(write_from, make_list, list_name, texts, request):
    mailing_list = make_list(list_name, **texts)

    mail = write_from(mailing_list=mailing_list, **request)

    assert mail.octets.isascii()
    assert all(len(line) <= 998 for line in mail.octets.split(b"\r\n"))
    assert b"\n" not in mail.octets.replace(b"\r\n", b"")
    assert b"\r" not in mail.octets.replace(b"\r\n", b"")
    fields = [header for header in HEADERS if header in mail.message]
    assert mail.message.keys() == fields
    assert [part.get_content_type() for part in mail.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert mail.octets.count(b"\r\n--=_staffetta") == 3
    assert all(not part.defects for part in mail.message.walk())
    assert len(mail.message["From"].addresses) == 1
    assert "<script" not in mail.html
    assert not set("\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4") & set(mail.text + mail.html)


@settings(deadline=None, max_examples=30)
@given(name=ANYTHING, url=LINKS)
def test_any_name_and_link_arrive_as_they_were_meant(write_from, name, url):
    mail = write_from("ada@example.org", name, values={"confirm_url": url})

    shown = clean(name, limit=100) or "Gazzetta"
    header = re.search(rb"\r\nFrom: (.*?)\r\n(?! )", mail.octets, re.DOTALL)[1].decode("ascii")
    assert str(make_header(decode_header(parseaddr(header.replace("\r\n ", " "))[0]))) == shown
    assert clean_url(url) in mail.text.split("\n")
