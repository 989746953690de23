"""`check --fix`: what is surely meant is written, and nothing else is touched."""

from __future__ import annotations

import pytest

from engine.language.lint.fixes import fixed
from tests.walker import checked

HEAD = "flow: sample\nlanguage: 1\ncategory: transactional\ntrigger: manual\nsteps:\n"


def after(steps: str) -> str:
    source = HEAD + steps
    return fixed(source, checked(source).findings).source.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "meant"),
    [
        ("  - {id: think, delay: 2 Days}   # quiet\n", "  - {id: think, delay: 2d}   # quiet\n"),
        ("  - {id: think, delay: '12 hours'}\n", "  - {id: think, delay: 12h}\n"),
        ("  - {id: hero, sms: 1.50}\n", '  - {id: hero, sms: "1.50"}\n'),
        ("  - {id: hero, sms: true}\n", '  - {id: hero, sms: "true"}\n'),
        (
            "  - if: {happened: {event: a, at_least: '2'}}\n    then: [{exit: b}]\n",
            "  - if: {happened: {event: a, at_least: 2}}\n    then: [{exit: b}]\n",
        ),
        ("  - exit: done   # leadoff: ignore[LO504] once\n", "  - exit: done\n"),
    ],
)
def test_what_has_one_right_form_is_written_so(before: str, meant: str) -> None:
    assert after(before) == meant
    assert checked(HEAD + meant).findings == ()


@pytest.mark.parametrize(
    "untouched",
    [
        "  - {id: think, delya: 2d}\n",  # most likely `delay`, and most likely is not surely
        "  - {id: think, delay: 2}\n",
        "  - {id: think, delay: 1.5d}\n",
        '  - {id: hero, sms: "Hello }}"}\n',
        "  - {id: hero, sms: [a]}\n",
    ],
)
def test_what_has_to_be_guessed_is_left(untouched: str) -> None:
    assert checked(HEAD + untouched).findings
    assert after(untouched) == untouched


def test_several_in_one_file_and_all_around_them_stays() -> None:
    steps = "  - {id: a, delay: 2 days}  # é\r\n  - {id: b, sms: 5}\r\n\r\n# the end"
    source = HEAD + steps
    done = fixed(source, checked(source).findings)
    assert done.done == 2
    assert done.source == HEAD + '  - {id: a, delay: 2d}  # é\r\n  - {id: b, sms: "5"}\r\n\r\n# the end'
    assert fixed(done.source, checked(done.source).findings) == (done.source, 0)
