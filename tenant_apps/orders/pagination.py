"""Pages of "my priced orders"."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework.response import Response

from shared_apps.api.pagination import CountedPagination


class PricedPagination(CountedPagination):
    """Adds the sum over all pages."""

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        response = super().get_paginated_response(data)
        assert self.page is not None
        rows = self.page.object_list
        grand_total: Decimal = rows[0]["grand_total"] if rows else Decimal(0)
        results = response.data.pop("results")
        response.data |= {"grand_total": f"{grand_total:.2f}", "results": results}
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        documented = super().get_paginated_response_schema(schema)
        documented["properties"]["grand_total"] = {
            "type": "string",
            "format": "decimal",
            "description": "Sum over all pages.",
        }
        documented["required"] = [*documented["required"], "grand_total"]
        return documented
