"""(a) The walk-through's service on current Flask and SQLAlchemy, with corrected sessions.

Each request has one session, closed at its end, and `schema_translate_map` for the tenant's tables.
Like the original, it trusts the `user_id` and the `organization_id` in the body and has no
authentication.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask, g, request
from sqlalchemy import ForeignKey, create_engine, func, make_url, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

PAGE_SIZE = 50


class Base(DeclarativeBase):
    """Base of the tables that the service's migrations create."""


class Organization(Base):
    __tablename__ = "tenantry_organizations_organization"
    __table_args__ = {"schema": "public"}  # noqa: RUF012 (SQLAlchemy's API)

    id: Mapped[int] = mapped_column(primary_key=True)
    schema_name: Mapped[str]


class User(Base):
    __tablename__ = "tenantry_users_user"
    __table_args__ = {"schema": "public"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(Base):
    __tablename__ = "tenantry_items_item"
    __table_args__ = {"schema": "tenant"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    description: Mapped[str]
    price: Mapped[Decimal]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Order(Base):
    __tablename__ = "tenantry_orders_order"
    __table_args__ = {"schema": "tenant"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    status: Mapped[str]
    placed_at: Mapped[datetime]
    user: Mapped[User] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id")


class OrderLine(Base):
    __tablename__ = "tenantry_orders_orderline"
    __table_args__ = {"schema": "tenant"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    item_id: Mapped[int] = mapped_column(ForeignKey(Item.id))
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    total: Mapped[Decimal]
    item: Mapped[Item] = relationship()


app = Flask(__name__)
engine = create_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2"))


@app.before_request
def open_session() -> None:
    g.connection = engine.connect()
    schema = g.connection.scalar(
        select(Organization.schema_name).where(Organization.id == request.json["organization_id"])
    )
    g.connection.execution_options(schema_translate_map={"tenant": schema})
    g.session = Session(g.connection)


@app.teardown_request
def close_session(error: BaseException | None) -> None:
    g.connection.close()


@app.post("/api/orders/priced/")
def priced() -> dict[str, Any]:
    rows = g.session.execute(
        select(
            OrderLine.order_id,
            User.name,
            Item.description,
            OrderLine.unit_price,
            OrderLine.quantity,
            OrderLine.total,
            func.count().over(),
            func.sum(OrderLine.total).over(),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Item, Item.id == OrderLine.item_id)
        .join(User, User.id == Order.user_id)
        .where(Order.user_id == request.json["user_id"], Order.status != "cancelled")
        .order_by(Order.placed_at, OrderLine.order_id, OrderLine.id)
        .limit(PAGE_SIZE)
    ).all()
    results = [
        {
            "order": order,
            "user_name": user_name,
            "item_description": description,
            "item_price": price,
            "order_quantity": quantity,
            "order_total": total,
        }
        for order, user_name, description, price, quantity, total, *_ in rows
    ]
    count, grand_total = (rows[0][6], rows[0][7]) if rows else (0, Decimal("0.00"))
    return _page(count, results) | {"grand_total": grand_total}


@app.post("/api/items/")
def items() -> dict[str, Any]:
    active = select(Item).where(Item.is_active)
    rows = g.session.scalars(active.order_by(Item.id).limit(PAGE_SIZE))
    results = [
        {
            "id": item.id,
            "sku": item.sku,
            "description": item.description,
            "price": item.price,
            "is_active": item.is_active,
            "created_at": item.created_at.isoformat(),
            "updated_at": item.updated_at.isoformat(),
        }
        for item in rows
    ]
    return _page(g.session.scalar(active.with_only_columns(func.count())), results)


@app.post("/api/orders/")
def orders() -> dict[str, Any]:
    rows = g.session.scalars(
        select(Order)
        .options(joinedload(Order.user), selectinload(Order.lines).joinedload(OrderLine.item))
        .order_by(Order.id)
        .limit(PAGE_SIZE)
    )
    results = [
        {
            "id": order.id,
            "status": order.status,
            "placed_at": order.placed_at.isoformat(),
            "user": {"id": order.user.id, "name": order.user.name},
            "lines": [
                {
                    "id": line.id,
                    "item": line.item_id,
                    "item_description": line.item.description,
                    "quantity": line.quantity,
                    "unit_price": line.unit_price,
                    "total": line.total,
                }
                for line in order.lines
            ],
            "total": sum(line.total for line in order.lines),
        }
        for order in rows
    ]
    return _page(g.session.scalar(select(func.count()).select_from(Order)), results)


def _page(count: int, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"count": count, "next": None, "previous": None, "results": results}
