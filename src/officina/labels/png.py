"""The vial label as a picture: what the screen shows is the PDF itself, never a second drawing of it."""

from io import BytesIO

import pypdfium2

from officina.labels.content import LabelContent
from officina.labels.pdf import render_pdf


def render_png(content: LabelContent, dpi: int = 203) -> bytes:
    """The first label as a grey PNG at the printer's resolution."""
    return render_pngs(content, dpi)[0]


def render_pngs(content: LabelContent, dpi: int = 203) -> tuple[bytes, ...]:
    """Every label of the set, in order."""
    with pypdfium2.PdfDocument(render_pdf(content)) as document:
        return tuple(_picture(page, dpi) for page in document)


def _picture(page: pypdfium2.PdfPage, dpi: int) -> bytes:
    out = BytesIO()
    page.render(scale=dpi / 72, grayscale=True).to_pil().save(out, format="PNG")
    return out.getvalue()
