"""Tests of a django-tenants project: a view by host, and rows by schema."""

import pytest
from customers.models import Client
from django.db import connection
from django.test import Client as DjangoClient
from django_tenants.test.cases import TenantTestCase
from django_tenants.test.client import TenantClient
from django_tenants.utils import schema_context, tenant_context
from notes.models import Note


class NotesOfATenant(TenantTestCase):
    def setUp(self) -> None:
        self.client = TenantClient(self.tenant)

    def test_a_note_is_added_with_its_tags(self) -> None:
        self.client.post("/notes/", {"text": "Buy paint", "tag": ["blue", "urgent"]})

        assert self.client.get("/notes/").json() == {"Buy paint": ["blue", "urgent"]}
        assert Note.objects.get(tags__name="blue").text == "Buy paint"

    def test_a_note_is_not_in_another_schema(self) -> None:
        Note.objects.create(text="Buy paint")
        other = Client(schema_name="other", name="Other")
        connection.set_schema_to_public()
        other.save(verbosity=0)
        with schema_context("other"):
            assert not Note.objects.exists()
        with tenant_context(self.tenant):
            assert Note.objects.exists()


@pytest.mark.django_db
def test_the_host_selects_the_tenant(client: DjangoClient) -> None:
    tenant = Client(schema_name="third", name="Third")
    tenant.save(verbosity=0)
    tenant.domains.create(domain="third.example.com")
    with tenant:
        Note.objects.create(text="Third's")

    assert client.get("/notes/", headers={"host": "third.example.com"}).json() == {"Third's": []}


@pytest.mark.django_db
def test_an_unknown_host_is_404(client: DjangoClient) -> None:
    assert client.get("/notes/", headers={"host": "unknown.example.com"}).status_code == 404
