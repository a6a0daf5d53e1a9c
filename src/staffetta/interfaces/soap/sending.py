"""MailUpSend: its table, and what it says of lists, users and fields (contract 5); SMS will follow."""

from staffetta.access import User, list_users
from staffetta.errors import InvalidArgument
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation, parameters_of, service_of
from staffetta.interfaces.soap.dispatching import (
    send_message_nl,
    send_newsletter,
    send_newsletter_fast,
    send_single_newsletter,
    single_method,
)
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.listings import get_groups, get_lists, get_lists_of_user, identities, remove
from staffetta.interfaces.soap.messages import (
    clone_newsletter,
    create_newsletter,
    edit_newsletter,
    get_newsletter_code,
    get_newsletters,
    get_templates,
)
from staffetta.interfaces.soap.naming import spelling
from staffetta.interfaces.soap.queues import (
    add_newsletter_queue,
    get_newsletter_delivery_status,
    get_newsletter_queues,
    get_newsletter_schedule_status,
    prepare_newsletter_schedule,
    remove_newsletter_queue,
    schedule_newsletter_queue,
    set_newsletter_queue_order,
    start_delivery,
    stop_delivery,
)
from staffetta.interfaces.soap.services import Operation, Type
from staffetta.interfaces.soap.sessions import SESSIONS, get_id_user, keyed, numbered, pending
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
    operation("CreateNewsletter", keyed(create_newsletter), "accessKey, listID int, subject, type, content, options"),
    operation(
        "EditNewsletter",
        keyed(edit_newsletter),
        "accessKey, listID int, newsletterId int, subject, type, content, options",
    ),
    operation(
        "CloneMessage",
        numbered(clone_newsletter),
        "accessKey, listId, listGuid, messageToCloneId int, subject",
        result=Type.INT,
    ),
    operation("GetNewsletters", keyed(get_newsletters), "accessKey, listID int"),
    operation("GetMessages", keyed(get_newsletters), "accessKey, listID int"),
    operation("GetTemplates", keyed(get_templates), "accessKey, listID int"),
    operation(
        "GetNewsletterCode", keyed(get_newsletter_code), "accessKey, listID int, newsletterID int, isTemplate bool"
    ),
    # Contract 5.6, sending email.
    operation("SendNewsletter", keyed(send_newsletter), "accessKey, listID int, newsletterID int, options"),
    operation(
        "SendNewsletterFast", keyed(send_newsletter_fast), "accessKey, listID int, subject, type, content, options"
    ),
    operation(
        "SendSingleNewsletter",
        keyed(send_single_newsletter, counted_as=single_method),
        "accessKey, listID int, subject, type, content, recipientEmail, options",
    ),
    operation(
        "SendMessageNL",
        numbered(send_message_nl),
        "accessKey, fileName, separator, listId, listGuid, messageId, senderName, sender, subject, "
        "timeDateSending dateTime, sendDelayTest int",
        result=Type.INT,
    ),
    # Contract 5.7, queues.
    operation("GetNewsletterDeliveryStatus", keyed(get_newsletter_delivery_status), "accessKey, deliveryID int"),
    operation("StartDelivery", keyed(start_delivery), "accessKey"),
    operation("StopDelivery", keyed(stop_delivery), "accessKey"),
    operation("GetNewsletterQueues", keyed(get_newsletter_queues), "accessKey, listID int"),
    operation("GetNewsletterScheduleStatus", keyed(get_newsletter_schedule_status), "accessKey, newsletterID int"),
    operation("SetNewsletterQueueOrder", keyed(set_newsletter_queue_order), "accessKey, scheduleID int, Up bool"),
    operation("AddNewsletterQueue", keyed(add_newsletter_queue), "accessKey, deliveryID int, immediate bool"),
    operation(
        "RemoveNewsletterQueue",
        keyed(remove_newsletter_queue),
        "accessKey, listID int, newsletterID int, deliveryID int, scheduleID int, deleteQueue bool",
    ),
    operation(
        "ScheduleNewsletterQueue",
        keyed(schedule_newsletter_queue),
        "accessKey, listID int, newsletterID int, scheduleID int, deliverydt, timezone int",
    ),
    operation(
        "PrepareNewsletterSchedule",
        keyed(prepare_newsletter_schedule),
        "accessKey, listID int, newsletterID int, deliveryDate, deliveryTime, adminEmail, idUser int, note",
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
