"""What `leadoff check` costs: a flow of about 200 lines, parsed, validated, judged by the rules, in milliseconds.

    python benchmarks/check.py [--format text|json]

The limit is the whole check's target of 150 ms; the median of eleven runs, each on a text that no cache has seen.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table import Row, show
from engine.language.check import ProjectFiles, check
from engine.language.source import strict_yaml
from engine.registry import registry

PROJECT = """\
project: bench
brand: Acme
timezone: America/New_York
senders: {main: {provider: simulator, number: "+18445550100"}}
links: {shop: "https://acme.example/spring"}
events: {list.joined: {list: text}, order.placed: {total: money}}
"""
HEAD = """\
flow: long
language: 1
description: A long flow.
trigger:
  event: list.joined
exit_when:
  - when: {happened: order.placed}
    reason: converted
steps:
"""
PART = """\
  - id: text_%(n)d
    sms: |
      Acme: hello {{ contact.first_name | default("there") }}, number %(n)d is here: {{ link("shop") }}
      Reply STOP to opt out
  - id: wait_%(n)d
    delay: 2d
  - id: ask_%(n)d
    wait_for: {clicked: {link: shop, since: text_%(n)d}}
    up_to: 3d
    then:
      - if: {contact: {tags: {has: vip}}}
        then:
          - id: vip_%(n)d
            sms: "Acme: thank you, {{ contact.first_name | default('friend') }}"
          - id: rest_%(n)d
            delay: 1d
"""
RUNS = 11
TARGET_MS = 150.0


def flow(lines: int, salt: int) -> str:
    """A flow of at least that many lines; the salt makes it one that no cache has seen."""
    text, n = HEAD, 0
    while text.count("\n") < lines:
        text += PART % {"n": n}
        n += 1
    return text + f"# {salt}\n"


def measure(lines: int) -> list[Row]:
    blocks = registry()
    parse, whole = [], []
    for salt in range(RUNS):
        text = flow(lines, salt)
        started = time.perf_counter()
        document = strict_yaml.read("flows/long.yaml", text.encode())
        parse.append(time.perf_counter() - started)
        assert not document.findings, document.findings
        files = ProjectFiles({"leadoff.yaml": PROJECT.encode(), "flows/long.yaml": text.encode()}, lambda path: None)
        started = time.perf_counter()
        checked = check(files, blocks)
        whole.append(time.perf_counter() - started)
        assert checked.ok, checked.findings
    parsed, rest = (statistics.median(found) * 1000 for found in (parse, whole))
    return [
        Row("parse", lines, parsed, "ms", TARGET_MS, parsed / TARGET_MS),
        Row("validate + rules", lines, rest, "ms", TARGET_MS, rest / TARGET_MS),
        Row("check", lines, parsed + rest, "ms", TARGET_MS, (parsed + rest) / TARGET_MS),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    print(show(measure(200), args.format))


if __name__ == "__main__":
    main()
