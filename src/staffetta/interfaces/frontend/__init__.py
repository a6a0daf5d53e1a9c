"""The form pages under `/frontend/`: sign up, check, unsubscribe, update, without log-in (contract 9)."""

from staffetta.interfaces.frontend.form_page import LANDING
from staffetta.interfaces.frontend.pages import FrontEnd

__all__ = ["LANDING", "FrontEnd"]
