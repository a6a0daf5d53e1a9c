"""The tables of Send, Manage and Report, and the operations that answer "not yet"."""

import pytest

from interfaces.soap.programs import program_of
from staffetta.interfaces.soap.managing import MANAGE
from staffetta.interfaces.soap.reporting import REPORT
from staffetta.interfaces.soap.sending import SEND
from staffetta.interfaces.soap.services import Type

PENDING = [each for each in SEND.operations if each.pending]
GIVEN = {Type.INT: "1", Type.BOOLEAN: "true", Type.STRING: "x", Type.DATE_TIME: "2026-06-01T12:00:00"}


SMS = {
    *("GetSMS", "CreateSMS", "SendSMS", "SendSMSFast", "SendSingleSMS", "SendDirectSMS", "GetSMSDeliveryStatus"),
    *("StartDeliverySMS", "StopDeliverySMS", "GetSMSQueues", "RemoveSMSQueue", "ScheduleSMSQueue"),
}


@pytest.fixture
def program(unlimited, account):
    return program_of(unlimited, account)


def given(operation):
    return {
        each.name: {"from_email": "a@example.org"} if each.type == Type.OPTIONS else GIVEN[each.type]
        for each in operation.parameters
        if each.name != "accessKey"
    }


async def test_what_is_not_there_yet_says_so(program):
    for operation in PENDING:
        refused = await program.send(operation.name, **given(operation))

        assert refused.code == -1, operation.name
        assert refused.reason == "Not available on this server yet: SMS"


def test_the_services_have_all_their_operations():
    assert [len(each.operations) for each in (SEND, MANAGE, REPORT)] == [52, 13, 7]
    assert {each.name for each in PENDING} == SMS
    assert not any(each.pending for each in (*MANAGE.operations, *REPORT.operations))


def test_text_and_options_may_be_left_out_and_nothing_else():
    for service in (SEND, MANAGE, REPORT):
        for operation in service.operations:
            for each in operation.parameters:
                assert each.optional == (each.type in (Type.STRING, Type.OPTIONS)), (operation.name, each)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("GetUserAccess", "userId accessKey"),
        ("CheckUserHash", "userID userHash accessKey"),
        ("DeleteList", "accessKey listId autoId"),
        ("EditNewsletter", "accessKey listID newsletterId subject type content options"),
        ("SetNewsletterQueueOrder", "accessKey scheduleID Up"),
        ("SendSingleSMS", "accessKey listID subject type content numero options"),
    ],
)
def test_parameters_stand_in_the_order_and_the_letters_of_the_original(name, parameters):
    operation = next(each for each in SEND.operations if each.name == name)

    assert [each.name for each in operation.parameters] == parameters.split()


def test_no_operation_comes_twice():
    for service in (SEND, MANAGE, REPORT):
        names = [each.name for each in service.operations]
        assert len(set(names)) == len(names)
