"""The label of a fill in one of the forms that a printer or a screen takes; refused where the linter finds it unsafe."""

from officina.kernel.errors import Refused
from officina.labels import lint, pdf, png, zpl
from officina.labels.content import LabelFacts, compose

FORMS = ("pdf", "png", "zpl")
MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png", "zpl": "text/plain; charset=utf-8"}


def render(facts: LabelFacts, *, kind: str, dpi: int = 203) -> bytes:
    """The label as PDF, PNG or ZPL bytes at 203 or 300 dots per inch; Refused with what the linter says where it may not be printed."""
    content = compose(facts)
    found = [f for f in lint.lint(content) if f.severity.is_serious]
    if found:
        raise Refused(found[0].code, " ".join(f.sentence for f in found))
    if kind == "pdf":
        return pdf.render_pdf(content)
    if kind == "png":
        return png.render_png(content, dpi=dpi)
    return zpl.render_zpl(content, dpi=dpi).encode()
