"""The addresses of the house."""

from django.urls import URLPattern, URLResolver, include, path

from officina.web import answers

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("officina.web.entrance.urls")),
    path("", include("officina.web.counter.urls")),
    path("intake/", include("officina.web.intake.urls")),
    path("refills/", include("officina.web.refills.urls")),
    path("requests/", include("officina.web.requests.urls")),
    path("entry/", include("officina.web.entry.urls")),
    path("review/", include("officina.web.review.urls")),
    path("filling/", include("officina.web.filling.urls")),
    path("checking/", include("officina.web.checking.urls")),
    path("pickup/", include("officina.web.pickup.urls")),
    path("cash/", include("officina.web.cash.urls")),
    path("patients/", include("officina.web.patients.urls")),
    path("stock/", include("officina.web.stockroom.urls")),
    path("drug-desk/", include("officina.web.drugdesk.urls")),
    path("drugs/", include("officina.web.drug.urls")),
    path("sig-codes/", include("officina.web.sigcodes.urls")),
    path("audit/", include("officina.web.audit.urls")),
    path("rx/", include("officina.web.prescription.urls")),
]
handler404 = answers.not_found
