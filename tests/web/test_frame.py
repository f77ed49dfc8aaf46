"""The frame: who may see a page, how answers are said, and what every page carries."""


def test_the_counter_is_shown(seat, cast):
    cast.received()
    page = seat(cast.ada).get("/")
    assert page.status_code == 200
    print(page.content.decode())


def test_pages(seat, cast):
    for p in ("/help/keys", "/search", "/switch", "/lock", "/sign-in", "/nowhere"):
        print(p, seat(cast.ada).get(p).status_code)
