"""Two versions of a small project, as `check` reads them."""

from __future__ import annotations

from hashlib import sha256

from blocks.registry import REGISTRY
from engine.language.check import Checked, ProjectFiles, check
from engine.messaging.media.picture import MediaInfo
from tests.world import PROJECT

FLOW = """\
flow: spring
language: 1
trigger: {event: list.joined, where: {event: {list: vip}}}
exit_when:
  - {when: {happened: order.placed}, reason: converted}
steps:
  - id: hero
    sms: {text: "Acme: {{ link('shop') }} Reply STOP to opt out", image: media/hero.png, otherwise: text}
  - id: think
    delay: 2d
  - if: {clicked: {link: shop, since: hero}}
    then: [{exit: engaged}]
    else:
      - id: reminder
        sms: "Acme: Still thinking? 10% off today: {{ link('shop') }}"
      - id: last_chance
        wait_for: {clicked: {link: shop, since: reminder}}
        up_to: 3d
        then: [{exit: engaged}]
        on_timeout: [{exit: no_purchase}]
"""


def version(*flows: str, project: str = PROJECT, picture: str = "a", **segments: str) -> Checked:
    """The project with these flows. `picture`: what its one picture shows."""
    files = {"leadoff.yaml": project}
    files |= {f"flows/{flow.split(maxsplit=2)[1]}.yaml": flow for flow in flows}
    files |= {f"segments/{name}.yaml": f"segment: {name}\nwhen: {when}\n" for name, when in segments.items()}
    ref = f"{sha256(picture.encode()).hexdigest()}.png"
    info = MediaInfo(ref, "png", 118_000, 640, 1138)
    found = check(ProjectFiles({path: text.encode() for path, text in files.items()}, lambda path: info), REGISTRY)
    assert found.ok, found.findings
    return found
