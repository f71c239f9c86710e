"""Members place, read and cancel their own orders; admins and owners manage all."""

import pytest
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tenant_apps.orders import roles
from tests.contracts import TENANT, WRITES, Contract, Pks
from tests.items.fixtures import DESK_ID

STATUSES = """
                                      anonymous  bob carol alice charlie stella
GET    /api/orders/                         401  200  200  200  200  403
POST   /api/orders/                         401  201  201  201  400  403
GET    /api/orders/priced/                  401  200  200  200  200  403
GET    /api/orders/{order}/                 401  200  200  200  404  403
POST   /api/orders/{order}/cancel/          401  200  200  200  404  403
POST   /api/orders/{order}/fulfil/          401  403  200  200  404  403

GET    /orders/                             302  200  200  200  200  403
GET    /orders/new/                         302  200  200  200  200  403
POST   /orders/new/                         401  200  200  200  200  403
GET    /orders/priced/                      302  200  200  200  200  403
GET    /orders/priced/print/                302  200  200  200  200  403
GET    /orders/priced/csv/                  302  200  200  200  200  403
GET    /orders/{order}/                     302  200  200  200  404  403
POST   /orders/{order}/cancel/              401  302  302  302  404  403
POST   /orders/{order}/fulfil/              401  403  302  302  404  403
"""

NEW = {"lines": [{"item": DESK_ID, "quantity": 1}]}


def rows(request: pytest.FixtureRequest, user: User) -> Pks:
    desk = request.getfixturevalue("desk")
    return {"order": request.getfixturevalue("place")(user, desk).pk}


def places(client: APIClient, own: Pks, others: Pks) -> bool:
    return client.post("/api/orders/", NEW).status_code == 201


def reads_own(client: APIClient, own: Pks, others: Pks) -> bool:
    return reads(client, own) and client.get("/api/orders/priced/").json()["count"] == 1


def reads_all(client: APIClient, own: Pks, others: Pks) -> bool:
    return reads(client, others)


def reads(client: APIClient, pks: Pks) -> bool:
    listed = [order["id"] for order in client.get("/api/orders/").json()["results"]]
    one = client.get(f"/api/orders/{pks['order']}/")
    return pks["order"] in listed and one.status_code == 200


def cancels_own(client: APIClient, own: Pks, others: Pks) -> bool:
    return client.post(f"/api/orders/{own['order']}/cancel/").status_code == 200


def cancels_all(client: APIClient, own: Pks, others: Pks) -> bool:
    return client.post(f"/api/orders/{others['order']}/cancel/").status_code == 200


def fulfils(client: APIClient, own: Pks, others: Pks) -> bool:
    done = [client.post(f"/api/orders/{pks['order']}/fulfil/") for pks in (own, others)]
    return [each.status_code for each in done] == [200, 200]


CONTRACT = Contract(
    statuses=STATUSES,
    rows=rows,
    admin={"tenantry_orders/order": "{order}"},
    bodies={("POST", "/api/orders/"): NEW},
    shows={
        roles.PLACE: places,
        roles.READ_OWN: reads_own,
        roles.READ_ALL: reads_all,
        roles.CANCEL_OWN: cancels_own,
        roles.CANCEL_ALL: cancels_all,
        roles.FULFIL: fulfils,
    },
    operations={
        "get /api/orders/": {"200", "404"} | TENANT,
        "post /api/orders/": {"201", "422"} | TENANT | WRITES,
        "get /api/orders/{id}/": {"200", "404"} | TENANT,
        "post /api/orders/{id}/cancel/": {"200", "404"} | TENANT,
        "post /api/orders/{id}/fulfil/": {"200", "404"} | TENANT,
        "get /api/orders/priced/": {"200", "404"} | TENANT,
    },
    api_links={"orders": "/api/orders/", "priced_orders": "/api/orders/priced/"},
    navigation={"/orders/", "/orders/priced/"},
    read_headers={"/api/orders/", "/orders/"},
)
