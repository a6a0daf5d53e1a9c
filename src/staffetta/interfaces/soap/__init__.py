"""The SOAP web services: Import, Send, Manage and Report, and JSONP beside them (contract 2, 3, 5 to 8)."""

from staffetta.interfaces.soap.endpoints import Soap
from staffetta.interfaces.soap.table import SERVICES

__all__ = ["SERVICES", "Soap"]
