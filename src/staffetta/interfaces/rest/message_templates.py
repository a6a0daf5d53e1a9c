"""Templates that messages begin with (contract 7.6)."""

from staffetta import campaigns
from staffetta.interfaces.library import thumbnail_url
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.messages import TemplateDetail, TemplateItem
from staffetta.interfaces.rest.wire.paging import Page


async def read_templates(call: Call) -> Paged:
    """Return the templates, which are the same for every list."""
    await call.mailing_list()
    items = [_item(call, each) for each in campaigns.templates().values()]
    return page_of(call.query, items, key="Id", of=TemplateItem)


async def read_template(call: Call) -> TemplateDetail:
    """Return a template with its HTML."""
    await call.mailing_list()
    found = campaigns.get_template(call.ids["template_id"])
    return TemplateDetail(
        Id=found.id,
        Text=found.text,
        Thumbnail=thumbnail_url(call.base_url, found.thumbnail_name),
        Title=found.title,
        Content=found.content,
    )


def _item(call: Call, template: campaigns.Template) -> TemplateItem:
    return TemplateItem(
        Id=template.id,
        Text=template.text,
        Thumbnail=thumbnail_url(call.base_url, template.thumbnail_name),
        Title=template.title,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M22",
        method="GET",
        path="Console/List/{list_id}/Templates",
        summary="Read the templates",
        handler=read_templates,
        answer=Page[TemplateItem],
    ),
    Endpoint(
        id="M23",
        method="GET",
        path="Console/List/{list_id}/Templates/{template_id}",
        summary="Read a template with its HTML",
        handler=read_template,
        answer=TemplateDetail,
    ),
)
