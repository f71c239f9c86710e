"""/api/webhooks/ and below."""

from rest_framework.routers import SimpleRouter

from .api import WebhookViewSet

router = SimpleRouter()
router.register("", WebhookViewSet, basename="webhook")

urlpatterns = router.urls
