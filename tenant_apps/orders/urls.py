"""/api/orders/ and below."""

from rest_framework.routers import SimpleRouter

from .api import OrderViewSet

router = SimpleRouter()
router.register("", OrderViewSet, basename="order")

urlpatterns = router.urls
