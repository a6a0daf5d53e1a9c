from interfaces.rest.neighbours import make_neighbour
from staffetta.lists import set_field


async def test_fields_are_listed_newest_first_by_pages(rest):
    page = (await rest.get("Console/Recipient/DynamicFields")).json()

    assert (page["TotalElementsCount"], page["IsPaginated"], len(page["Items"])) == (40, True, 20)
    assert page["Items"][0] == {"Description": "campo40", "Id": 40}
    assert [item["Id"] for item in page["Items"]] == list(range(40, 20, -1))


async def test_fields_are_filtered_by_either_name_of_their_number(rest, database, account):
    with database.transaction(account.id) as tx:
        set_field(tx, 7, "Shoe size")

    for query in ("idField==7", "Id==7", "Description=='Shoe size'"):
        page = (await rest.get(f"Console/Recipient/DynamicFields?filterby={query}")).json()

        assert page["Items"] == [{"Description": "Shoe size", "Id": 7}]


async def test_fields_of_another_account_are_not_listed(rest, rest_of, database, account):
    theirs = rest_of(make_neighbour(database, account))
    with database.transaction(account.id) as tx:
        set_field(tx, 77, "Mine")

    page = (await theirs.get("Console/Recipient/DynamicFields?PageSize=100")).json()

    assert "Mine" not in str(page)
