"""/api/items/ and below."""

from rest_framework.routers import SimpleRouter

from .api import ItemViewSet

router = SimpleRouter()
router.register("", ItemViewSet, basename="item")

urlpatterns = router.urls
