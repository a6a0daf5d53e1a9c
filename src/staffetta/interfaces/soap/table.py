"""All SOAP services."""

from staffetta.interfaces.soap.importing import IMPORT
from staffetta.interfaces.soap.managing import MANAGE
from staffetta.interfaces.soap.reporting import REPORT
from staffetta.interfaces.soap.sending import SEND
from staffetta.interfaces.soap.services import SoapService

SERVICES: tuple[SoapService, ...] = (IMPORT, SEND, MANAGE, REPORT)
