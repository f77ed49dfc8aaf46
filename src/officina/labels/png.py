"""The vial label as a picture: what the screen shows is the PDF itself, never a second drawing of it."""

import atexit
from io import BytesIO

import pypdfium2
from PIL import Image

from officina.labels.content import LabelContent
from officina.labels.drawing import ALONE, alone
from officina.labels.pdf import render_pdf

WHITE = 255
# PDFium is taken down at the program's end: what still draws then is waited for, and nothing begins any more.
atexit.register(ALONE.acquire, timeout=5)


def render_png(content: LabelContent, dpi: int = 203) -> bytes:
    """The label as one grey PNG at the printer's resolution; a second label stands under the first, so that nobody misses it."""
    pictures = _pictures(content, dpi)
    whole = Image.new("L", (pictures[0].width, sum(p.height for p in pictures)), WHITE)
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    return _png(whole)


def render_pngs(content: LabelContent, dpi: int = 203) -> tuple[bytes, ...]:
    """Every label of the set as a picture of its own, in order."""
    return tuple(map(_png, _pictures(content, dpi)))


@alone
def _pictures(content: LabelContent, dpi: int) -> list[Image.Image]:
    with pypdfium2.PdfDocument(render_pdf(content)) as document:
        return [_picture(page, dpi) for page in document]


def _picture(page: pypdfium2.PdfPage, dpi: int) -> Image.Image:
    """A page as a picture of its own; what PDFium holds of it is let go here, not by whichever thread collects garbage later."""
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    try:
        # A picture of its own: this one looks into the bitmap.
        shared: Image.Image = bitmap.to_pil()
        return shared.copy()
    finally:
        bitmap.close()
        page.close()


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
