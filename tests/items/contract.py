"""Items: members read them, admins and owners write them."""

import pytest
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tenant_apps.items import roles
from tests.contracts import TENANT, WRITES, Contract, Pks
from tests.items.fixtures import DESK_ID

STATUSES = """
                                      anonymous  bob carol alice charlie stella
GET    /api/items/                          401  200  200  200  200  403
POST   /api/items/                          401  403  201  201  201  403
GET    /api/items/{item}/                   401  200  200  200  404  403
PUT    /api/items/{item}/                   401  403  200  200  404  403
PATCH  /api/items/{item}/                   401  403  200  200  404  403
DELETE /api/items/{item}/                   401  403  204  204  404  403

GET    /items/                              302  200  200  200  200  403
GET    /items/new/                          302  403  200  200  200  403
POST   /items/new/                          401  403  400  400  400  403
GET    /items/export/                       302  200  200  200  200  403
GET    /items/import/                       302  403  200  200  200  403
POST   /items/import/                       401  403  400  400  400  403
POST   /items/import/confirm/               401  403  400  400  400  403
GET    /items/{item}/                       302  200  200  200  404  403
GET    /items/{item}/change/                302  403  200  200  404  403
POST   /items/{item}/change/                401  403  400  400  404  403
POST   /items/{item}/archive/               401  403  302  302  404  403
POST   /items/{item}/restore/               401  403  302  302  404  403

GET    /admin/tenantry_items/item/import/          302  302  302  302  302  302
GET    /admin/tenantry_items/item/process_import/  302  302  302  302  302  302
GET    /admin/tenantry_items/item/export/          302  302  302  302  302  302
"""

NEW = {"sku": "NEW", "description": "New", "price": "1.00"}


def rows(request: pytest.FixtureRequest, user: User) -> Pks:
    return {"item": request.getfixturevalue("desk").pk}


def reads(client: APIClient, own: Pks, others: Pks) -> bool:
    one = client.get(f"/api/items/{DESK_ID}/")
    return client.get("/api/items/").status_code == one.status_code == 200


def writes(client: APIClient, own: Pks, others: Pks) -> bool:
    one = f"/api/items/{DESK_ID}/"
    done = [
        client.post("/api/items/", NEW),
        client.patch(one, {"price": "2"}),
        client.delete(one),
    ]
    return [each.status_code for each in done] == [201, 200, 204]


CONTRACT = Contract(
    statuses=STATUSES,
    rows=rows,
    admin={"tenantry_items/item": "{item}"},
    bodies={
        ("POST", "/api/items/"): NEW,
        ("PUT", "/api/items/{item}/"): NEW,
        ("PATCH", "/api/items/{item}/"): {"price": "1.00"},
    },
    shows={roles.READ: reads, roles.WRITE: writes},
    operations={
        "get /api/items/": {"200", "404"} | TENANT,
        "post /api/items/": {"201"} | TENANT | WRITES,
        "get /api/items/{id}/": {"200", "304", "404"} | TENANT,
        "put /api/items/{id}/": {"200", "404", "412"} | TENANT | WRITES,
        "patch /api/items/{id}/": {"200", "404", "412"} | TENANT | WRITES,
        "delete /api/items/{id}/": {"204", "404", "412"} | TENANT,
    },
    api_links={"items": "/api/items/"},
    navigation={"/items/"},
    read_headers={"/api/items/", "/items/", "/admin/tenantry_items/item/"},
    elsewhere={
        "/admin/tenantry_items/item/process_import/": dict.fromkeys(
            ("import_file_name", "original_file_name", "format", "resource"), "0"
        )
    },
)
