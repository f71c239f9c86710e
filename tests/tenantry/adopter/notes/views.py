from django.http import HttpRequest, JsonResponse

from .models import Note


def notes(request: HttpRequest) -> JsonResponse:
    if request.method == "POST":
        note = Note.objects.create(text=request.POST["text"])
        note.tags.add(*request.POST.getlist("tag"))
    rows = Note.objects.prefetch_related("tags").order_by("pk")
    return JsonResponse({row.text: sorted(tag.name for tag in row.tags.all()) for row in rows})
