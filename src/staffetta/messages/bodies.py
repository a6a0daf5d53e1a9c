"""The words of a mail: what it says, as text and as HTML, with holes for what a recipient's values fill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from staffetta.kit.languages import Language
from staffetta.lists.model import MailingList
from staffetta.messages.layout import END_SECTION, begin_section, hole
from staffetta.messages.model import MailKind
from staffetta.messages.wire import clean, clean_url

LONGEST_LIST_NAME: Final = 150
LONGEST_LINE: Final = 200
LONGEST_REMINDER: Final = 1000

ENVIRONMENT: Final = Environment(
    loader=PackageLoader("staffetta.messages"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
ENVIRONMENT.globals |= {"hole": hole, "begin": begin_section, "end": END_SECTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a list's mails tell about the list and its owner, cleaned."""

    language: str
    names: tuple[str, ...]
    company: str
    address: str
    web_site: str
    web_site_link: str
    reminder: str

    @classmethod
    def of(cls, mailing_list: MailingList, names: Sequence[str], language: Language) -> "Contents":
        """Return the contents for a list, or for several that are confirmed by one request."""
        settings = mailing_list.settings
        web_site = clean(settings.web_site_url, limit=LONGEST_LINE)
        place = f"{settings.postal_code} {settings.city}"
        country = _country(settings.country_code, language)
        lines = (settings.address, place, settings.state_or_province, country)
        return cls(
            language=language.value,
            names=tuple(clean(name, limit=LONGEST_LIST_NAME) for name in names),
            company=clean(settings.company_name, limit=LONGEST_LINE),
            address=", ".join(filter(None, (clean(line, limit=LONGEST_LINE) for line in lines))),
            web_site=web_site,
            web_site_link=clean_url(web_site) if web_site.lower().startswith(("http://", "https://")) else "",
            reminder=clean(settings.permission_reminder, limit=LONGEST_REMINDER),
        )

    def subject(self, kind: MailKind, words: Mapping[str, str]) -> str:
        """Return the subject of a mail of that kind."""
        if kind is MailKind.CONFIRMATION and len(self.names) > 1:
            return words["confirmation_subject_several"]
        return words[f"{kind}_subject"].format(list=", ".join(self.names[:3]))


def _country(code: str, language: Language) -> str:
    return str(Locale(language.value).territories.get(code.strip().upper(), code))


def write_text(kind: MailKind, words: Mapping[str, str], **facts: object) -> str:
    """Return the text part, its lines as long as their paragraphs."""

    def say(key: str, **values: str) -> str:
        return words[key].format(**values)

    return ENVIRONMENT.get_template(f"{kind}.txt").render(facts, say=say).strip() + "\n"


def write_html(kind: MailKind, words: Mapping[str, str], **facts: object) -> str:
    """Return the HTML part, without the indentation of its template."""

    def say(key: str, **values: str) -> Markup:
        return escape(words[key]).format(**values)

    written = ENVIRONMENT.get_template(f"{kind}.html").render(facts, say=say)
    return "\n".join(filter(None, map(str.strip, written.splitlines()))) + "\n"
