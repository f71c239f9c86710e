"""(d) The fast choice: FastAPI and asyncpg, with the same two statements.

The second one runs in a transaction with SET LOCAL, so that it is safe behind a transaction pooler.
`pooled` has no prepared statements and works behind every transaction pooler, as ours does.
`direct` has them, which is asyncpg's default; behind PgBouncer they need 1.21 and
`max_prepared_statements`. Both serve only the first page of "my priced orders".
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from .statements import PRICED, PRINCIPAL, first_page

_PRINCIPAL = PRINCIPAL.format("$1")
_PRICED = PRICED.format("$1")

router = APIRouter()


@router.get("/api/orders/priced/")
async def priced(request: Request) -> Response:
    token = request.headers.get("authorization", "").removeprefix("Token ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    async with request.app.state.pool.acquire() as connection:
        principal = await connection.fetchrow(_PRINCIPAL, digest)
        if principal is None:
            raise HTTPException(401)
        user_id, user_name, schema = principal
        async with connection.transaction():
            await connection.execute(f'SET LOCAL search_path = "{schema}", public')
            rows = await connection.fetch(_PRICED, user_id)
    return Response(first_page(rows, user_name), media_type="application/json")


async def _no_reset(connection: Any) -> None:
    """Replaces the pool's reset: SET LOCAL leaves nothing in the session."""


def _make_app(**options: Any) -> Any:
    options |= {"min_size": 4, "max_size": 4, "reset": _no_reset}

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        url = os.environ["DATABASE_URL"]
        async with asyncpg.create_pool(url, **options) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    return app


pooled = _make_app(statement_cache_size=0)
direct = _make_app()
