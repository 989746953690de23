"""The words of docs/language.md. The structure is read from the models; these say what each thing is for.

docs/generate.py fails when a field, condition, operator, filter or code has no words here, or words have nothing they belong to.
"""

from __future__ import annotations

INTRO = """\
A flow is a YAML file that says who gets which message when. Steps run from top to bottom, branches nest, and the flow goes on after them;
there is no `goto` and no loop. `leadoff check` finds every mistake with its place, its code and a way out; nothing is silently ignored:
what the language will have and this version has not is an error that says so ([the list](#not-in-this-version)).

    shop/
      leadoff.yaml          who sends, fields, events, links, prices
      flows/*.yaml          one flow a file; the file's name is the flow's id
      media/                images, named from the project's folder
      contacts.csv          people to import
"""

FIELDS: dict[str, dict[str, str]] = {
    "Flow": {
        "flow": "The flow's id, and the file's name without `.yaml`.",
        "language": "The version of this language.",
        "description": "What it does, for people.",
        "category": "Marketing goes to subscribed contacts only and expires after 12 h. Transactional frees from that, never from a STOP.",
        "trigger": "What starts a contact on it; any of a list.",
        "entry": "Who may enter, and how often.",
        "exit_when": "Ends the run, looked at when a fact arrives, before each sprint and before each request.",
        "steps": "What happens.",
    },
    "EventTrigger": {
        "event": "The event's name.",
        "where": "Looked at once, on the event's data and the contact; who fails is not entered, and `explain` says so.",
    },
    "Entry": {
        "require": "Looked at once; who fails is not entered, and `explain` says so.",
        "while_active": "A contact who is in the flow already: is left there, begins anew, or is in it a second time.",
        "again_after": "A contact who was in the flow before: may enter again at once, never, or so long after the last entry.",
    },
    "ExitRule": {
        "when": "Ends the run as soon as it holds; what it has not sent yet is cancelled.",
        "reason": "Shown by `runs` and `explain`.",
    },
    "Sms": {
        "text": "What is sent, at most 1,600 characters. A message whose value is missing and has no `default` is skipped with a reason.",
        "image": "Makes it an MMS: JPEG, PNG or GIF by content, at most 500,000 bytes. Sent to US and Canadian numbers.",
        "alt": "The picture in words. It is checked and kept; no provider of this version takes it.",
        "otherwise": "Where no MMS can go: the text alone as an SMS, or nothing. Required with an image.",
        "category": "Another one than the flow's, for this message.",
        "expires_after": "Dropped when it would leave later than this; 12 h for marketing where it is not written.",
    },
    "Delay": {
        "for": "How long. Days and weeks are calendar days in the contact's zone; hours and less are elapsed time."
    },
    "If": {
        "if": "Looked at once, on arrival.",
        "then": "Where it holds.",
        "else": "Where it does not.",
    },
    "WaitFor": {
        "wait_for": "Something that happens; counted from the arrival at the step unless `since` says otherwise.",
        "up_to": "How long.",
        "then": "It happened in time. An event at or before the end that is known when the timeout is decided wins.",
        "on_timeout": "It did not.",
    },
    "Exit": {"reason": "Shown by `runs` and `explain`."},
    "Project": {
        "project": "The project's id.",
        "brand": "The name that contacts know you by; shown on the demo's picture.",
        "timezone": "For contacts whose own zone and area code say nothing.",
        "public_url": "Where phones and providers reach us: media, links and callbacks. `LEADOFF_PUBLIC_URL` goes before it.",
        "currency": "Of all prices.",
        "senders": "By name; a message goes by the first one whose countries fit.",
        "links": 'By name: `link("shop")` in a text becomes a tracked /l/CODE.',
        "fields": "Contact fields beyond the built-in ones.",
        "events": "By name, with their fields. Once there is one, an undeclared event or field is a finding.",
        "prices": "By country. What is missing costs as in the US: 0.015 a part, 0.045 an MMS.",
        "countries": "Nobody elsewhere is texted. By the number's region, not by +1.",
    },
    "SenderModel": {
        "provider": "Who carries the messages.",
        "number": "What people see and answer to.",
        "kind": "For people to read; nothing follows from it yet.",
        "rate": "Parts per second, shared by all workers and kept across restarts.",
        "countries": "Where it can send.",
        "base_url": "The provider's address. A simulator without one is started by `leadoff run` itself.",
        "on_unknown": "An answer left open whether it went out: wait for the callback, or send again (twice rather than never).",
        "mms": "Whether it can send pictures.",
    },
    "RegionPrices": {"sms": "Per part.", "mms": "Per message."},
    "_Field": {
        "type": "What its values are converted to; what does not fit is refused.",
        "max": "Of a text: the worst-case length that `check` counts with, 20 where it is not written.",
        "required": "It is never missing, so that a text needs no `default`. An event without it is refused.",
    },
}

VALUES: dict[str, str] = {
    "parse_id": "id",
    "parse_text": "text",
    "_filled": "text",
    "parse_zone": "time zone (`America/New_York`)",
    "parse_event_name": "event name (`order.placed`)",
    "parse_field_name": "field name",
    "parse_phone": 'phone number in quotes (`"+18445550100"`)',
    "parse_price": "amount of money",
    "parse_flag": "`true`, `false`",
    "parse_whole": "whole number",
    "parse_duration": "[duration](#values)",
    "_again": "`always`, `never` or a [duration](#values)",
    "_triggers": "[trigger](#triggers), or a list of them",
    "read_steps": "list of [steps](#steps)",
    "read_base": "http(s) address",
    "read_url": "http(s) address",
    "_country": "country (`US`)",
    "_currency": "currency (`USD`)",
    "_provider": "`simulator`",
    "_field": "[field](#fields-of-contacts-and-events)",
    "_rate": "number",
}

CLASSES: dict[str, str] = {
    "Text": "[text](#texts)",
    "Condition": "[condition](#conditions)",
    "MediaPath": "path from the project's folder",
    "Entry": "[entry](#entry)",
    "ExitRule": "[exit rule](#exit_when)",
    "SenderModel": "[sender](#a-sender)",
    "RegionPrices": "[prices](#prices)",
}

STEPS: dict[str, str] = {
    "sms": """\
- id: hero
  sms:
    text: "Hi {{ contact.first_name | default('there') }}, it is spring: {{ link('shop') }}"
    image: media/spring.jpg
    otherwise: text
- id: short
  sms: "Two words: good morning"
""",
    "delay": """\
- id: think
  delay: 2d
- id: and_a_bit
  delay: {for: 1d12h}
""",
    "if": """\
- if: {clicked: {link: shop, since: hero}}
  then:
    - exit: engaged
  else:
    - id: reminder
      sms: "Still thinking? {{ link('shop') }}"
""",
    "wait_for": """\
- id: last_chance
  wait_for: {clicked: shop}
  up_to: 3d
  then: [{exit: engaged}]
  on_timeout: [{exit: no_purchase}]
""",
    "exit": "- exit: engaged\n",
}

TRIGGERS = """\
trigger:
  - event: list.joined
    where: {event: {list: vip}}
  - manual
"""
ENTRY = """\
entry:
  require: {contact: {country: [US, CA]}}
  while_active: ignore
  again_after: 90d
"""
EXIT_WHEN = """\
exit_when:
  - when: {happened: order.placed}
    reason: converted
"""

CONDITIONS: dict[str, tuple[str, str]] = {
    "contact": ("the contact's fields", "contact: {country: [US, CA], orders: {at_least: 3}, tags: {has: vip}}"),
    "event": (
        "the data of the event that started the run; inside `happened.where`, of the event looked at",
        "event: {list: vip}",
    ),
    "happened": (
        "an event of the contact came: by its name, or with `since`, `within`, `at_least` and `where`",
        "happened: {event: order.placed, within: 7d, at_least: 2, where: {event: {total: {above: 50}}}}",
    ),
    "clicked": ("a link of this run's messages was clicked", "clicked: {link: shop, since: hero}"),
    "message": ("this run's message from that step has reached a state", "message: {step: hero, is: sent}"),
    "delivered": ("short for `message: {step: …, is: delivered}`", "delivered: hero"),
    "failed": ("short for `message: {step: …, is: failed}`: failed or undelivered", "failed: hero"),
    "any": ("one of the list holds", "any: [{clicked: shop}, {happened: order.placed}]"),
    "all": ("all of them hold", "all: [{clicked: shop}, {contact: {tags: {has: vip}}}]"),
    "not": ("the exact complement", "not: {happened: order.placed}"),
}
CONDITIONS_END = """\
A mapping means all of its keys, a list all of its items. A missing field makes every operator false but
`exists: false`. No `{{ }}` stands in a condition.

`since:` says from when on something counts: `entry` (the default: since the run's entry; in `wait_for` the default is the arrival at
the step), `ever`, or the id of a step, meaning the instant the run left it; that step must come before on every path. Facts count by
when they happened, and the event that started the run never counts. Clicks and messages are those of this run. `where` and `require`
are looked at before there is a run: only `contact`, `event` and `happened` stand there.
"""

OPERATORS: dict[str, tuple[str, str]] = {
    "is": ('equal, and of one kind: `"3"` is not 3; a bare value means the same', "state: {is: NY}"),
    "not": ("not equal, none of a list", "state: {not: [NY, NJ]}"),
    "in": ("one of; a bare list means the same", "state: {in: [NY, NJ]}"),
    "above": ("more than; numbers, days and instants", "orders: {above: 2}"),
    "at_least": ("this or more", "orders: {at_least: 3}"),
    "below": ("less than", "orders: {below: 3}"),
    "at_most": ("this or less", "orders: {at_most: 2}"),
    "has": ("a list has this item", "tags: {has: vip}"),
    "matches": ("the whole text, `*` for any characters, ASCII case aside", 'email: {matches: "*@acme.example"}'),
    "exists": ("the field is there, or is not", "birthday: {exists: false}"),
}

FILTERS: dict[str, tuple[str, str]] = {
    "default": ("for a missing or empty value", "{{ contact.first_name | default('there') }}"),
    "upper": ("capital letters", "{{ contact.state | default('') | upper }}"),
    "lower": ("small letters", "{{ contact.state | default('') | lower }}"),
    "title": ("each word with a capital", "{{ contact.first_name | default('friend') | title }}"),
    "money": ("two decimals and commas, no symbol: 1,234.50", "{{ event.total | default('0') | money }}"),
    "date": (
        "a date or instant by a format, in the contact's zone",
        "{{ contact.birthday | default('2027-04-01') | date('%B %e') }}",
    ),
    "truncate": ("at most so many characters", "{{ contact.first_name | default('friend') | truncate(12) }}"),
}
TEXTS = """\
Between `{{` and `}}` stands a field of `contact` or of the `event` that started the run, with filters, or `link("NAME")`. There is no
`{% %}` and no `{# #}`: decide with an `if` step. A field that may be missing needs a `default`. A contact's values are data: they are
never read as a template, and control and bidi characters are taken out of them. Texts are trimmed and NFC.

`link("shop")` becomes `PUBLIC_URL/l/CODE`, eight characters that cannot be guessed; who opens it is led to the link's address, and the
click is a fact of the run.
"""

VALUES_END = """\
- **Durations**: `90s`, `30m`, `2d`, `1d12h`: the units `w d h m s`, the largest first, each once, whole, more than 0 and at most 5 years.
- **Ids**: at most 64 of `a-z 0-9 _ -`, a letter first. A step's id is unique in its flow; `entry` and `ever` are taken.
- **Phone numbers**: E.164 in quotes, `"+12025550143"`.
- **Numbers** are typed only as plain decimals; `0123`, `1_000`, `+1`, `12:30`, `yes` and dates stay text. A number where a text is
  wanted is an error, and the reverse.
"""

CODES: dict[str, str] = {
    "LO101": "YAML that cannot be read: a bracket or quote that is never closed, a tab, an indentation",
    "LO102": "not UTF-8",
    "LO103": "the file is too large",
    "LO104": "more values than a file may have",
    "LO105": "nested too deeply",
    "LO106": "a key stands twice in one mapping",
    "LO107": "an anchor or an alias",
    "LO108": "a tag (`!…`)",
    "LO109": "a directive, or a second document",
    "LO110": "a key that is not a text",
    "LO111": "a character that cannot stand there: control, bidi, U+0085, U+2028 …",
    "LO112": "warning: a ` #` cuts off what was probably meant as text",
    "LO113": "the file is empty",
    "LO201": "unknown key",
    "LO202": "no such step verb",
    "LO203": "a step without a verb, or with two",
    "LO204": "a step where a run can rest has no id",
    "LO205": "something is missing, or nothing stands behind a key",
    "LO206": "another kind of value is wanted: a text, a number, a list …",
    "LO207": "none of the words that may stand there",
    "LO208": "a value out of its bounds, or empty",
    "LO209": "a value that does not fit, for a reason that nobody foresaw",
    "LO230": "not a duration",
    "LO231": "not an id",
    "LO232": "not the name of an event or field",
    "LO233": "no such time zone",
    "LO234": "not a phone number",
    "LO235": "not a price",
    "LO236": "not a web address, or http elsewhere than on this machine",
    "LO237": "not a country or currency",
    "LO290": "part of the language, and not built yet",
    "LO301": "two steps with one id",
    "LO302": "`since:` or `message:` points at a step that is missing or does not come before on every path",
    "LO303": "no such link",
    "LO304": "an event that leadoff.yaml does not declare",
    "LO305": "a field that contacts or the event do not have",
    "LO306": "the flow is called otherwise than its file",
    "LO307": "two flows of one name",
    "LO308": "`message:` points at a step that sends nothing",
    "LO309": "a flow sends, and the project has no sender",
    "LO310": "`where` or `require` asks for clicks, messages or steps of a run that has not begun",
    "LO311": "there is no leadoff.yaml",
    "LO401": "what stands between `{{` and `}}` cannot be read",
    "LO402": "no such filter or function, or used wrongly",
    "LO403": "neither `contact` nor `event`, or without a field",
    "LO404": "warning: a `}}` that closes nothing",
    "LO405": "a text shows a field that there is not",
    "LO410": "a field that may be missing has no `default`",
    "LO411": "a text that may come to more than 1,600 characters",
    "LO601": "the image is not there",
    "LO602": "not an image that can be sent: kind, size, pixels, frames",
    "LO603": "the image's path leaves the project",
    "LO604": "an image without `otherwise`, or `otherwise` without an image",
}
