"""MailUpSend: lists, groups and fields; messages and their sending will follow (contract 5)."""

from staffetta.access import User, list_users
from staffetta.errors import InvalidArgument
from staffetta.interfaces.soap.answers import FAILED
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation, parameters_of, service_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.listings import get_groups, get_lists, get_lists_of_user, identities, remove
from staffetta.interfaces.soap.naming import spelling
from staffetta.interfaces.soap.services import Operation, Type
from staffetta.interfaces.soap.sessions import SESSIONS, get_id_user, keyed, pending
from staffetta.interfaces.soap.user_numbers import users_numbered
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, UnknownList, add_list, catalog_of, list_of, require_deletable


async def get_user_access(call: Call, user: User) -> str:
    """Return who has a number, and which lists they see in the console."""
    number = call.number("userId")
    shown = await spelling(call.platform.database, user.account_id)
    known = (await catalog_of(call.platform.database, user.account_id)).lists.values()
    return "".join(
        element(
            "user",
            element("idUser", text(number)),
            element("userName", text(each.login)),
            element(
                "lists",
                *(
                    element("list", element("listID", text(found.id)), element("listName", text(shown(found.name))))
                    for found in known
                    if each.sees(found.id)
                ),
            ),
        )
        for each in users_numbered(await call.read(user.account_id, list_users), number)
    )


async def check_user_hash(call: Call, user: User) -> str:
    """Refuse the hash: nothing here issues one."""
    users_numbered(await call.read(user.account_id, list_users), call.number("userID"))
    raise InvalidArgument("This server issues no user hashes, so none is valid: sign in with LoginFromId")


async def get_credits(_call: Call, _user: User) -> str:
    """Return what there is for SMS: nothing yet."""
    return element("credits", "0")


async def get_credits_of_list(call: Call, user: User) -> str:
    """Return what a list has for SMS: nothing yet."""
    mailing_list = await list_of(call.platform.database, user.account_id, call.number("idList"))
    return element("listID", text(mailing_list.id)) + element("credits", "0")


async def create_list(call: Call, user: User) -> str:
    """Make a list with the settings of list 1."""
    made = await call.write(
        user.account_id, add_list, call.text("name"), auto_id=call.text("autoId").strip(), now=utc_now()
    )
    return await identities(call, user, [made])


async def delete_list(call: Call, user: User) -> str:
    """Remove the list of a number, or without one all that carry the mark of another system."""
    list_id = call.number("listId")
    wanted = [list_id] if list_id > 0 else [each.id for each in await _marked(call, user)]
    if not wanted:
        raise UnknownList("there is no such list: give a listId, or the autoId of lists that were made with one")
    for each in wanted:
        await call.read(user.account_id, require_deletable, each)
    for each in wanted:
        await remove(call, user, each)
    return element("Lists", *(element("List", Id=each) for each in wanted))


async def get_list_identity(call: Call, user: User) -> str:
    """Return the lists that carry the mark of another system."""
    return await identities(call, user, await _marked(call, user))


async def get_fields(call: Call, user: User) -> str:
    """Return the personal data fields."""
    shown = await spelling(call.platform.database, user.account_id)
    fields = (await catalog_of(call.platform.database, user.account_id)).fields.values()
    return element("Fields", *(element("Field", Name=shown(each.name), Id=each.id) for each in fields))


async def _marked(call: Call, user: User) -> list[MailingList]:
    mark = call.text("autoId").strip()
    known = (await catalog_of(call.platform.database, user.account_id)).lists.values()
    return [each for each in known if mark and each.settings.auto_id == mark]


def _not_yet(name: str, written: str, what: str) -> Operation:
    return Operation(name, pending(what), parameters_of(written), pending=True)


def _fails_yet(name: str, written: str) -> Operation:
    async def fail(_call: Call) -> int:
        return FAILED

    return Operation(name, fail, parameters_of(written), Type.INT, pending=True)


MESSAGES = "messages"
SENDING = "sending messages"
QUEUES = "the queues of messages"
SMS = "SMS"
SEND = service_of(
    "MailupSend",
    # Contract 5.2, session and account.
    *SESSIONS,
    operation("GetIdUser", keyed(get_id_user), "accessKey"),
    operation("GetUserAccess", keyed(get_user_access), "userId int, accessKey"),
    operation("CheckUserHash", keyed(check_user_hash), "userID int, userHash, accessKey"),
    operation("GetCredits", keyed(get_credits), "accessKey"),
    operation("GetCreditsLists", keyed(get_credits_of_list), "accessKey, idList int"),
    # Contract 5.3, lists and groups.
    operation("GetLists", keyed(get_lists), "accessKey"),
    operation("GetListsUser", keyed(get_lists_of_user), "accessKey, idUser int"),
    operation("GetGroups", keyed(get_groups), "accessKey, listID int"),
    operation("CreateList", keyed(create_list), "accessKey, name, autoId"),
    operation("CreateList_st", keyed(create_list), "accessKey, name, autoId"),
    operation("DeleteList", keyed(delete_list), "accessKey, listId int, autoId"),
    operation("DeleteList_st", keyed(delete_list), "accessKey, listId int, autoId"),
    operation("GetListIdentity", keyed(get_list_identity), "accessKey, autoId"),
    operation("GetListIdentity_st", keyed(get_list_identity), "accessKey, autoId"),
    # Contract 5.4, fields.
    operation("GetFields", keyed(get_fields), "accessKey"),
    operation("GetFields_st", keyed(get_fields), "accessKey"),
    # Contract 5.5, messages.
    _not_yet("CreateNewsletter", "accessKey, listID int, subject, type, content, options", MESSAGES),
    _not_yet("EditNewsletter", "accessKey, listID int, newsletterId int, subject, type, content, options", MESSAGES),
    _fails_yet("CloneMessage", "accessKey, listId, listGuid, messageToCloneId int, subject"),
    _not_yet("GetNewsletters", "accessKey, listID int", MESSAGES),
    _not_yet("GetMessages", "accessKey, listID int", MESSAGES),
    _not_yet("GetTemplates", "accessKey, listID int", "templates of messages"),
    _not_yet("GetNewsletterCode", "accessKey, listID int, newsletterID int, isTemplate bool", MESSAGES),
    # Contract 5.6, sending email.
    _not_yet("SendNewsletter", "accessKey, listID int, newsletterID int, options", SENDING),
    _not_yet("SendNewsletterFast", "accessKey, listID int, subject, type, content, options", SENDING),
    _not_yet("SendSingleNewsletter", "accessKey, listID int, subject, type, content, recipientEmail, options", SENDING),
    _fails_yet(
        "SendMessageNL",
        "accessKey, fileName, separator, listId, listGuid, messageId, senderName, sender, subject, "
        "timeDateSending dateTime, sendDelayTest int",
    ),
    # Contract 5.7, queues.
    _not_yet("GetNewsletterDeliveryStatus", "accessKey, deliveryID int", QUEUES),
    _not_yet("StartDelivery", "accessKey", QUEUES),
    _not_yet("StopDelivery", "accessKey", QUEUES),
    _not_yet("GetNewsletterQueues", "accessKey, listID int", QUEUES),
    _not_yet("GetNewsletterScheduleStatus", "accessKey, newsletterID int", QUEUES),
    _not_yet("SetNewsletterQueueOrder", "accessKey, scheduleID int, Up bool", QUEUES),
    _not_yet("AddNewsletterQueue", "accessKey, deliveryID int, immediate bool", QUEUES),
    _not_yet(
        "RemoveNewsletterQueue",
        "accessKey, listID int, newsletterID int, deliveryID int, scheduleID int, deleteQueue bool",
        QUEUES,
    ),
    _not_yet(
        "ScheduleNewsletterQueue",
        "accessKey, listID int, newsletterID int, scheduleID int, deliverydt, timezone int",
        QUEUES,
    ),
    _not_yet(
        "PrepareNewsletterSchedule",
        "accessKey, listID int, newsletterID int, deliveryDate, deliveryTime, adminEmail, idUser int, note",
        QUEUES,
    ),
    # Contract 5.8, SMS.
    _not_yet("GetSMS", "accessKey, listID int", SMS),
    _not_yet("CreateSMS", "accessKey, listID int, subject, text, options", SMS),
    _not_yet("SendSMS", "accessKey, listID int, smsID int, options", SMS),
    _not_yet("SendSMSFast", "accessKey, listID int, subject, text, options", SMS),
    _not_yet("SendSingleSMS", "accessKey, listID int, subject, type, content, numero, options", SMS),
    _not_yet("SendDirectSMS", "accessKey, listID int, content, numero, options", SMS),
    _not_yet("GetSMSDeliveryStatus", "accessKey, deliveryID int", SMS),
    _not_yet("StartDeliverySMS", "accessKey", SMS),
    _not_yet("StopDeliverySMS", "accessKey", SMS),
    _not_yet("GetSMSQueues", "accessKey, listID int", SMS),
    _not_yet("RemoveSMSQueue", "accessKey, deliveryID int, scheduleID int, deleteQueue bool", SMS),
    _not_yet("ScheduleSMSQueue", "accessKey, listID int, smsID int, scheduleID int, deliverydt, timezone int", SMS),
    documentation="Lists, groups, fields, and the sending of messages.",
)
