"""The page with a picture, for those whose phone gets no MMS."""

from __future__ import annotations

from pathlib import Path

from engine.store import blobs
from tests.server.web.desk import Desk, is_problem
from tests.world import PROJECT, World

JAMAICA = "+18765550123"
FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms: {text: "Acme: look. Reply STOP to opt out", image: media/hero.png, alt: 'A "teal" coat', otherwise: link}
"""


def test_from_the_text_over_the_link_to_the_page(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        desk = Desk(world)
        world.contact(JAMAICA)
        world.consent(JAMAICA, "subscribed")
        world.event("list.joined", JAMAICA)
        world.tick()
        (message,) = world.messages()
        assert message.media is None and message.text.startswith("Acme: look. Reply STOP to opt out http")
        led = desk.get("/l/" + message.text.rsplit("/", 1)[1])
        assert led.status_code == 302
        path = "/p/" + led.headers["Location"].rsplit("/p/", 1)[1]
        page = desk.get(path)
        assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
        assert "<h1>Acme</h1>" in page.text and 'alt="A &quot;teal&quot; coat"' in page.text
        assert "Msg &amp; data rates may apply. Reply HELP for help, STOP to cancel." in page.text
        assert f'src="{path.replace("/p/", "/m/")}"' in page.text
        assert desk.get(path.replace("/p/", "/m/")).headers["Content-Type"] == "image/png"
        assert desk.head(path).content == b""
        assert "script" not in page.text and "default-src 'none'" in page.headers["Content-Security-Policy"]
        world.tick()
        assert "clicked @picture" in world.story(JAMAICA)


def test_the_words_below_it_may_be_the_authors(tmp_path: Path) -> None:
    project = PROJECT + 'texts: {picture: "Acme <b>SMS</b> club"}\n'
    with World(tmp_path, FLOW, project=project) as world:
        desk = Desk(world)
        (ref,) = world.app.deployed().pictures
        assert "Acme &lt;b&gt;SMS&lt;/b&gt; club" in desk.get(f"/p/{ref}").text


def test_whoever_got_the_text_in_spanish_gets_the_page_in_spanish(tmp_path: Path) -> None:
    flow = FLOW.replace(
        '"Acme: look. Reply STOP to opt out"', "{en: Acme look. Reply STOP, es: Acme mira. Responde STOP}"
    ).replace("""'A "teal" coat'""", "{en: A coat, es: Un abrigo}")
    with World(tmp_path, flow) as world:
        desk = Desk(world)
        world.contact(JAMAICA, language="es_MX")
        world.consent(JAMAICA, "subscribed")
        world.event("list.joined", JAMAICA)
        world.tick()
        (message,) = world.messages()
        assert message.text.startswith("Acme mira. Responde STOP http")
        path = "/p/" + desk.get("/l/" + message.text.rsplit("/", 1)[1]).headers["Location"].rsplit("/p/", 1)[1]
        page = desk.get(path).text
        assert '<html lang="es">' in page and 'alt="Un abrigo"' in page and "Responde AYUDA para ayuda" in page
        for other in (
            path.partition("?")[0],
            path.replace("lang=es", "lang=%22%3E"),
            path.replace("lang=es", "lang=fr"),
        ):
            assert '<html lang="en">' in desk.get(other).text and 'alt="A coat"' in desk.get(other).text


def test_a_picture_that_came_with_an_event_has_a_page_too(tmp_path: Path) -> None:
    ref = "ab" * 32 + ".jpg"
    with World(tmp_path, FLOW) as world:
        desk = Desk(world)
        assert is_problem(desk.get(f"/p/{ref}"), 404)
        world.app.database.write(lambda db: blobs.put(db, ref, b"\xff", world.clock.now()))
        page = desk.get(f"/p/{ref}")
        assert page.status_code == 200 and f'<img src="/m/{ref}" alt="Acme">' in page.text


def test_there_is_a_page_for_what_is_deployed_and_for_nothing_else(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        desk = Desk(world)
        for path in ("/p/" + "0" * 64 + ".png", "/p/..%2f..%2fleadoff.yaml", "/p/hero.png"):
            assert is_problem(desk.get(path), 404), path
