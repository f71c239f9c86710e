"""Steps of an import: a file is uploaded, and its preview confirmed."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from .test_pages import text

IMPORT, CONFIRM, EXPORT = "/items/import/", "/items/import/confirm/", "/items/export/"
HEADER = "sku,description,price,is_active\n"
LAMP = f"{HEADER}LAMP,Lamp,30,1\n"
STORED_DESK = ("DESK", "Acme desk", "250.00", True)
STORED_LAMP = ("LAMP", "Lamp", "30.00", True)


def upload(browser: APIClient, content: str | bytes, **more: str) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    form = {"file": SimpleUploadedFile("items.csv", data), **more}
    return browser.post(IMPORT, form, format="multipart")


def confirm(browser: APIClient, preview: Any, **forged: str) -> Any:
    """Send the form of the preview."""
    page = preview.text.partition(f'action="{CONFIRM}"')[2]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    fields = {name: value.replace("&quot;", '"') for name, value in fields.items()}
    return browser.post(CONFIRM, {**fields, **forged}, format="multipart")


def imported(browser: APIClient, content: str | bytes) -> Any:
    return confirm(browser, upload(browser, content))


def errors(page: str) -> list[str]:
    """Return row, column and error of each line of the table of errors."""
    rows = re.findall(r'<tr><th scope="row" class="number">.*?</tr>', page, re.DOTALL)
    return [text(row).strip() for row in rows]
