"""The seven languages of mails and pages, and texts kept in one TOML file for each."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final


class Language(StrEnum):
    """A language that the platform writes in (ISO 639-1)."""

    EN = "en"
    IT = "it"
    ES = "es"
    FR = "fr"
    PT = "pt"
    JA = "ja"
    DA = "da"


DEFAULT: Final = Language.EN
_BY_CODE: Final = {language.value: language for language in Language}


def find_language(text: str) -> Language | None:
    """Return the language that a code such as `IT`, `it-IT` or `it_CH` names, or None."""
    primary = text.strip().lower().replace("_", "-").partition("-")[0]
    return _BY_CODE.get(primary)


def preferred_language(accept_language: str) -> Language | None:
    """Return the best of our languages that an Accept-Language header asks for, or None (RFC 9110 §12.5.4)."""
    best: tuple[float, Language] | None = None
    for part in accept_language[:1000].split(","):
        tag, _, parameters = part.partition(";")
        language = find_language(tag)
        weight = _weight(parameters)
        if language and weight > 0 and (best is None or weight > best[0]):
            best = (weight, language)
    return best[1] if best else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


@cache
def texts(package: str, language: Language) -> Mapping[str, str]:
    """Return the texts that `package` keeps for a language in `texts/<language>.toml`, by key."""
    source = files(package).joinpath("texts", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(source)
