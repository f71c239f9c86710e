"""/api/ links to /api/me/ and to the lists of each tenant app."""

from shared_apps.users.models import User
from tests.conftest import ClientOf
from tests.contracts import CONTRACTS


def test_the_api_root_links_to_each_list(client_of: ClientOf, bob: User) -> None:
    links = {"me": "/api/me/"}
    for contract in CONTRACTS.values():
        links |= contract.api_links

    response = client_of(bob).get("/api/").json()

    assert response == {key: f"http://testserver{path}" for key, path in links.items()}
