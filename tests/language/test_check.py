"""`check` over whole projects: everything is found at once, at its place, and nothing falls over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.registry import REGISTRY
from engine.core.block import Block, Next, Outcome
from engine.core.context import Context
from engine.language.check import Checked, ProjectFiles, check
from engine.language.compiler import compile_project
from engine.language.diagnostics.rendering import render
from engine.language.model.media_path import MediaPath
from engine.language.model.project import convert_event
from engine.language.values.fields import BadValue
from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import MAX_BYTES, BadMedia, MediaInfo
from tests.exploration import examples
from tests.walker import PROJECT, checked

HEAD = "flow: sample\nlanguage: 1\ntrigger: manual\n"


def project(**files: str) -> Checked:
    named = {
        ("leadoff.yaml" if name == "leadoff" else f"flows/{name}.yaml"): text.encode() for name, text in files.items()
    }
    return check(ProjectFiles(named, lambda path: None), REGISTRY)


def said(result: Checked) -> list[str]:
    return render(result.findings, result.sources, "concise").splitlines()


def codes(result: Checked) -> list[str]:
    """Of the errors: what warnings say of flows as small as these is no matter here."""
    errors = (finding for finding in result.findings if finding.severity == "error")
    return [f"{finding.file}:{finding.span.line} {finding.code}" for finding in errors]


def test_the_sample_of_the_language_page_reads_as_it_says_there() -> None:
    text = HEAD + "steps:\n  - id: think\n    delya: 2d\n"
    result = checked(text)
    assert render(result.findings, result.sources) == (
        'flows/sample.yaml:6:5: error[LO202]: unknown step "delya"\n'
        "  |\n"
        "6 |     delya: 2d\n"
        "  |     ^^^^^\n"
        '  = help: did you mean "delay"?'
    )


def test_one_mistake_hides_no_other() -> None:
    """Wrong at the top, in a rule, in a step, in a step inside a broken step, in a text and in a condition: all at once."""
    flow = """\
flow: sample
language: 1
category: marketng
trigger: {event: list.joined, where: {event: {list: vip}}, wher: x}
entry: {again_after: soon, require: {contact: {citty: Albany}}}
exit_when:
  - {when: {clicked: shp}, reason: 5}
steps:
  - {id: hero, sms: {text: 'Look: {{ link("shp") }}', otherwise: txt, image: ../x.jpg}}
  - iff: {contact: {city: Albany}}
    then:
      - {id: inner, sms: "{{ contact.nothing }}"}
  - if: {clicked: {link: shop, since: nobody}}
    then: {}
    else:
      - {id: inner, delay: 3}
"""
    assert codes(checked(flow)) == [
        "flows/sample.yaml:3 LO207",
        "flows/sample.yaml:4 LO201",
        "flows/sample.yaml:5 LO230",
        "flows/sample.yaml:5 LO305",
        "flows/sample.yaml:7 LO303",
        "flows/sample.yaml:7 LO206",
        "flows/sample.yaml:9 LO303",
        "flows/sample.yaml:9 LO207",
        "flows/sample.yaml:9 LO603",
        "flows/sample.yaml:10 LO202",
        "flows/sample.yaml:12 LO405",
        "flows/sample.yaml:13 LO302",
        "flows/sample.yaml:14 LO206",
        "flows/sample.yaml:16 LO301",
        "flows/sample.yaml:16 LO230",
    ]


def test_findings_of_all_files_come_sorted_and_a_broken_flow_spoils_no_other() -> None:
    result = project(
        leadoff=PROJECT + "colour: red\n", a=HEAD, b=HEAD.replace("sample", "b") + "steps: []\n", c="flow: [\n"
    )
    assert codes(result) == [
        "flows/a.yaml:1 LO205",
        "flows/a.yaml:1 LO306",
        "flows/c.yaml:1 LO101",
        "leadoff.yaml:10 LO201",
    ]
    assert not result.ok
    assert set(result.flows) == {"b"}
    assert result.project is None


def test_without_a_project_file_the_flows_are_still_looked_at() -> None:
    result = project(sample=HEAD + "steps:\n  - delay: 2d\n")
    assert codes(result) == ["flows/sample.yaml:5 LO204", "leadoff.yaml:1 LO311"]


def test_of_what_could_not_be_read_nothing_is_claimed() -> None:
    """`links` is broken: no flow is told that its link is unknown."""
    broken = PROJECT.replace('"https://acme.example/spring"', "spring").replace("city: {type: text", "city: {type: txt")
    result = project(
        leadoff=broken, sample=HEAD + "steps:\n  - {id: hero, sms: 'Look, {{ contact.city }}: {{ link(\"shop\") }}'}\n"
    )
    assert codes(result) == ["leadoff.yaml:8 LO236", "leadoff.yaml:9 LO207"]


def test_of_a_step_that_could_not_be_read_nothing_is_claimed() -> None:
    flow = HEAD + "steps:\n  - {id: hero, smss: Hello}\n  - if: {delivered: hero}\n  - if: {clicked: {since: hero}}\n"
    assert codes(checked(flow)) == ["flows/sample.yaml:5 LO202"]


def test_steps_inside_a_step_with_a_typo_are_known_to_the_others() -> None:
    flow = HEAD + "steps:\n  - swich:\n      - steps: [{id: deep, sms: hi}]\n  - if: {delivered: deep}\n"
    assert codes(checked(flow)) == ["flows/sample.yaml:5 LO202"]


@pytest.mark.parametrize("empty", ["steps", "trigger", "description"])
def test_a_key_with_nothing_behind_it_is_missing_and_said_once(empty: str) -> None:
    keys = {"flow": "sample", "language": "1", "trigger": "manual", "steps": "[{exit: done}]", empty: ""}
    result = checked("".join(f"{key}: {value}\n" for key, value in keys.items()))
    assert [(finding.code, finding.message) for finding in result.findings] == [("LO205", f'"{empty}" has no value')]


@pytest.mark.parametrize(
    ("whole", "kind"), [("- a\n", "a list"), ("hello\n", "text"), ("17\n", "a number"), ("null\n", "null")]
)
def test_a_file_that_is_no_mapping_says_so(whole: str, kind: str) -> None:
    expected = f"error[LO206]: expected a mapping, got {kind}"
    assert said(project(leadoff=PROJECT, sample=whole)) == [f"flows/sample.yaml:1:1: {expected}"]
    assert said(project(leadoff=whole, sample=HEAD + "steps: [{exit: done}]\n")) == [f"leadoff.yaml:1:1: {expected}"]


@pytest.mark.parametrize(("version", "code"), [("2", "LO207"), ("true", "LO206"), ("1.0", "LO206"), ('"1"', "LO206")])
def test_the_language_has_one_version(version: str, code: str) -> None:
    flow = f"flow: sample\nlanguage: {version}\ntrigger: manual\nsteps: []\n"
    assert codes(checked(flow)) == [f"flows/sample.yaml:2 {code}"]


def test_triggers_may_be_a_list() -> None:
    flow = "flow: sample\nlanguage: 1\ntrigger: [manual, {event: a.b}, {event: c}]\nsteps: []\n"
    (found,) = checked(flow).flows.values()
    assert [getattr(trigger, "event", "manual") for trigger in found.trigger] == ["manual", "a.b", "c"]


def test_a_test_of_a_flow_is_not_taken_for_a_flow() -> None:
    files = {"leadoff.yaml": PROJECT.encode(), "flows/sample.test.yaml": b"flow: sample\ntests: []\n"}
    result = check(ProjectFiles(files, lambda path: None), REGISTRY)
    assert codes(result) == [
        "flows/sample.test.yaml:1 LO306",  # there is no such flow
        "flows/sample.test.yaml:2 LO208",
    ]


def test_a_block_of_another_package_is_read_like_ours() -> None:
    class Shout(Block):
        verb = "shout"
        shorthand = "words"
        words: str
        loud: bool = False

        def decide(self, ctx: Context) -> Outcome:
            return Next()

    flow = HEAD + "steps:\n  - shout: 5\n  - shout: {words: hi, lud: true}\n  - shuot: hi\n  - shout: hi\n"
    files = {"leadoff.yaml": PROJECT.encode(), "flows/sample.yaml": flow.encode()}
    result = check(ProjectFiles(files, lambda path: None), {**REGISTRY, "shout": Shout})
    assert said(result) == [
        "flows/sample.yaml:5:12: error[LO206]: expected text, got a number",
        'flows/sample.yaml:6:24: error[LO201]: unknown key "lud"',
        'flows/sample.yaml:7:5: error[LO202]: unknown step "shuot"',
    ]


def test_deep_nesting_of_broken_steps_is_read_in_bounded_time() -> None:
    """Each level is broken; reading it again for each of its parents would double the work 20 times over."""
    step = "{exit: 5}"
    for _ in range(20):
        step = f"{{if: {{contact: {{citty: x}}}}, then: [{step}], els: []}}"
    result = checked(HEAD + f"steps: [{step}]\n")
    counted = {code: sum(finding.code == code for finding in result.findings) for code in ("LO201", "LO305", "LO206")}
    assert counted == {"LO201": 20, "LO305": 20, "LO206": 1}


@pytest.mark.parametrize(
    ("path", "leaves"),
    [
        ("media/a.jpg", False),
        ("a..jpg", False),
        ("../a.jpg", True),
        ("a/../../b", True),
        ("/etc/x", True),
        ("C:\\x", True),
        ("\\x", True),
    ],
)
def test_image_paths_stay_in_the_project(path: str, leaves: bool) -> None:
    assert MediaPath(path).leaves_the_project is leaves


def test_media_outside_the_project_are_not_even_asked_for() -> None:
    asked: list[str] = []
    flow = HEAD + "steps:\n  - {id: hero, sms: {text: Look, image: ../../secret.jpg, otherwise: skip}}\n"
    check(ProjectFiles({"flows/sample.yaml": flow.encode()}, asked.append), REGISTRY)
    assert asked == []


def test_declared_events_are_converted_or_refused() -> None:
    result = project(
        leadoff=PROJECT + "events: {order.placed: {total: {type: money, required: true}, items: integer}}\n"
    )
    assert result.project is not None
    assert convert_event(result.project, "order.placed", {"total": "59.90", "items": 2}) == {"total": 59.9, "items": 2}
    refused: list[tuple[str, dict[str, object], str]] = [
        ("order.plced", {}, r'did you mean "order.placed"\?'),
        ("order.placed", {"total": 1, "itms": 2}, r'itms: .* did you mean "items"\?'),
        ("order.placed", {"total": "much"}, "total: expected a number"),
        ("order.placed", {"items": 2}, "total: is required and missing"),
    ]
    for name, data, reason in refused:
        with pytest.raises(BadValue, match=reason):
            convert_event(result.project, name, data)


def test_without_declared_events_plain_values_are_kept() -> None:
    result = project(leadoff=PROJECT)
    assert result.project is not None
    assert convert_event(result.project, "anything", {"a": 1, "b": "x\u202e\ny", "c": True}) == {
        "a": 1,
        "b": "xy",
        "c": True,
    }
    with pytest.raises(BadValue, match="deep: only text"):
        convert_event(result.project, "anything", {"deep": {"er": 1}})


WORDS = """flow language trigger steps id sms delay if then else wait_for up_to on_timeout exit text image event where clicked
since any not contact happened sample manual 2d 5 true null hero {{contact.x}} x"""
PIECES = st.sampled_from(WORDS.split())
YAML = st.recursive(
    PIECES,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda found: f"[{', '.join(found)}]")
        | st.dictionaries(PIECES, inner, max_size=5).map(
            lambda found: "{" + ", ".join(f'"{k}": {v}' for k, v in found.items()) + "}"
        )
    ),
    max_leaves=25,
)


@settings(max_examples=examples(300))
@given(YAML, YAML)
def test_no_flow_makes_check_fall_over(steps: str, rest: str) -> None:
    result = checked(f"flow: sample\nlanguage: 1\ntrigger: manual\nentry: {rest}\nsteps: [{steps}]\n")
    for finding in result.findings:
        assert finding.code.startswith("LO")
        assert finding.span.line >= 1
    if result.ok:
        assert compile_project(result, b"secret")


def test_a_picture_with_too_many_bytes_says_so_by_its_own_code() -> None:
    def look(path: str) -> MediaInfo | BadMedia | None:
        try:
            return inspect(b"\xff\xd8\xff" + bytes(MAX_BYTES))
        except BadMedia as error:
            return error

    flow = HEAD + "steps:\n  - {id: hero, sms: {text: Look, image: a.jpg, otherwise: skip}}\n"
    files = {"leadoff.yaml": PROJECT.encode(), "flows/sample.yaml": flow.encode()}
    assert codes(check(ProjectFiles(files, look), REGISTRY)) == ["flows/sample.yaml:5 LO605"]


def test_a_large_flow_is_looked_through_in_bounded_time() -> None:
    """150 branches one after another have 2^150 paths, and as many exits could have decided each of them."""
    step = "  - if: {{happened: {{event: e{0}, since: entry}}}}\n    then: [{{id: s{0}, sms: hi}}]\n"
    rules = "".join(f"  - {{when: {{happened: x{number}}}, reason: r}}\n" for number in range(200))
    flow = f"{HEAD}exit_when:\n{rules}steps:\n" + "".join(step.format(number) for number in range(150))
    found = checked(flow).findings
    assert sum(each.code == "LO504" for each in found) == 149


def test_a_collage_with_an_unreadable_crop_is_one_mistake() -> None:
    sms = "{text: Look, collage: [media/a.jpg, media/b.jpg], crop: perhaps, otherwise: text}"
    assert codes(checked(f"{HEAD}steps:\n  - {{id: hero, sms: {sms}}}\n")) == ["flows/sample.yaml:5 LO206"]


def test_the_same_project_is_judged_once_and_each_difference_is_seen() -> None:
    """Of texts, pictures, stray files, the time, blocks and rules."""
    flow = (
        HEAD
        + 'steps:\n  - {id: a, sms: {text: "Acme: hi\\nReply STOP to opt out", image: media/a.jpg, otherwise: text}}\n'
    )
    files = {"leadoff.yaml": PROJECT.encode(), "flows/sample.yaml": flow.encode()}
    picture = MediaInfo("ab" * 32 + ".jpg", "jpeg", 40_000, 640, 800)
    one = ProjectFiles(files, lambda path: picture)
    first = check(one, REGISTRY)
    assert first.ok, said(first)
    assert check(ProjectFiles(dict(files), lambda path: picture), dict(REGISTRY)) is first
    others = [
        check(one._replace(files=files | {"flows/sample.yaml": flow.encode() + b"# other\n"}), REGISTRY),
        check(one._replace(media=lambda path: picture._replace(bytes=41_000)), REGISTRY),
        check(one._replace(media=lambda path: BadMedia("type", "it is no picture")), REGISTRY),
        check(one._replace(unread=("flows/b.yml",)), REGISTRY),
        check(one._replace(pictures=("media/a.jpg", "media/b.jpg")), REGISTRY),
        check(one._replace(now=1), REGISTRY),
        check(one, {**REGISTRY, "pause": REGISTRY["delay"]}),
        check(one, REGISTRY, (lambda world: [],)),
    ]
    assert all(other is not first for other in others)
    assert others[0].sources != first.sources
    assert others[1].media != first.media
    assert not others[2].ok
    assert said(others[3]) != said(first)


def test_a_file_is_read_once_whatever_stands_beside_it() -> None:
    flow = (HEAD + "steps:\n  - exit: done\n").encode()
    read = [
        check(ProjectFiles({"leadoff.yaml": text.encode(), "flows/sample.yaml": flow}, lambda path: None), REGISTRY)
        for text in (PROJECT, PROJECT + "# other\n")
    ]
    assert read[0] is not read[1]
    assert read[0].flows["sample"] is read[1].flows["sample"]
