"""The words of docs/language.md. The structure is read from the models; these say what each thing is for.

docs/generate.py fails when a field, condition, operator, filter or code has no words here, or words have nothing they belong to.
"""

from __future__ import annotations

INTRO = """\
A flow is a YAML file that says who gets which message when. Steps run from top to bottom, branches nest, and the flow goes on after them;
there is no `goto` and no loop. `leadoff check` finds every mistake with its place, its code and a way out; nothing is silently ignored:
what the language will have and this version has not is an error that says so ([the list](#not-in-this-version)).
`leadoff rule CODE` explains a finding, `leadoff schema` gives an editor all of this page, `leadoff fmt` lays a file out.

    shop/
      leadoff.yaml          who sends, fields, events, links, segments, prices
      flows/*.yaml          one flow a file; the file's name is the flow's id
      segments/*.yaml       one segment a file, called like its file
      media/                images, named from the project's folder
      contacts.csv          people to import
"""

FIELDS: dict[str, dict[str, str]] = {
    "KeywordTrigger": {
        "keyword": "The whole text, case, width, accents, punctuation, emoji and quotations aside."
        " Words that opt out or ask for help cannot stand here.",
    },
    "SegmentTrigger": {
        "segment": "Its name. A contact enters who was not in it before; whoever leaves and comes back enters again.",
    },
    "ScheduleTrigger": {"schedule": "When, where and for whom."},
    "DateTrigger": {"date": "Whose day it is."},
    "Schedule": {
        "cron": "Again and again: minute, hour, day of the month, month, day of the week; names and 0 or 7 for Sunday.",
        "timezone": "`contact` fires once in each zone, when its clocks show that time.",
    },
    "ContactDate": {
        "field": "`contact.birthday`, or a field declared as a date.",
        "offset": "Days or weeks before (`-3d`) or after it.",
        "every": "`year`: on each anniversary; 29 February is kept on the 28th in common years.",
    },
    "Sms": {"alt": "The picture in words. It is checked and kept; no provider of this version takes it."},
    "Delay": {
        "for": "How long. Days and weeks are calendar days; hours and less are elapsed time. Instead of `until`.",
        "timezone": "Whose clock and calendar: the contact's or the project's.",
    },
    "WaitFor": {
        "then": "Steps if it happens in time. An event at or before the end that is known when the timeout is decided wins.",
    },
    "Update": {
        "set": "Declared fields and their new values; a text may have `{{ }}`, and `null` takes the field away. A value that"
        " does not fit its field when the run is there is left out, and `explain` says so.",
    },
    "Emit": {"data": "What it carries, as its declaration says; a text may have `{{ }}`."},
    "Webhook": {
        "save": "Contact fields, and the path of each value in the JSON response. What is missing or does not fit leaves its field"
        " as it was.",
    },
    "Project": {
        "brand": "The name that contacts know you by; shown on the demo's picture.",
        "links": 'By name: `link("shop")` in a text becomes a tracked /l/CODE.',
        "prices": "By country. What is missing costs as in the US: 0.015 a part, 0.045 an MMS.",
        "segments": "By name: who is in it, a [condition](#segments). One may also stand in a file of its own, segments/NAME.yaml.",
    },
}
"""Only where more is to be said than an editor shows: else it is the text under the key in the model."""

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
    "_catch_up": "`never` or a [duration](#values)",
    "_again": "`always`, `never` or a [duration](#values)",
    "_triggers": "[trigger](#triggers), or a list of them",
    "_keywords": "text, or a list of texts",
    "_segment": "name of a segment",
    "_audience": "name of a segment, or a [condition](#conditions)",
    "_schedule": "mapping",
    "_zone": "`contact`, `project` or a time zone",
    "_contact_field": "`contact.` and a field",
    "parse_cron": "cron text in quotes",
    "parse_moment": '`"2026-11-27 09:00"`',
    "parse_clock": '`"09:00"`',
    "_between": 'list of: `"09:00"`',
    "parse_offset": "`-3d`, `1w`",
    "read_steps": "list of [steps](#steps)",
    "read_base": "http(s) address",
    "read_url": "http(s) address",
    "_country": "country (`US`)",
    "_currency": "currency (`USD`)",
    "_field": "[field](#fields-of-contacts-and-events)",
    "_read": "a moment, `{time, days}`, or `{field, time}`",
    "_weekdays": "list of: `mon` … `sun`",
    "_ways": "list of [ways](#switch)",
    "_branches": "id → [branch](#split)",
    "_weight": "whole number",
    "_settable": "field",
    "_payload": "[text](#texts), number, `true`, `false` or `null`",
    "_tag": "tag",
    "_rate": "number",
    "_url": "http(s) address",
    "_header_name": "name of a header",
    "_header": "[text](#texts)",
    "_body": "mapping, list or [text](#texts)",
    "_timeout": "[duration](#values)",
    "_answer_path": "place in the answer",
    "_on_error": "`continue`, `exit`, or list of [steps](#steps)",
    "_host": "host (`crm.internal`)",
    "_quiet": "`off`, or [quiet hours](#quiet-hours)",
    "_most": "whole number",
    "_parts_note": "whole number from 1 to 10",
    "_answer": "text",
    "parse_budget": "amount of money",
}

CLASSES: dict[str, str] = {
    "bool": "`true` or `false`",
    "CapSettings": "[caps](#caps)",
    "MarketingCaps": "[caps](#caps)",
    "Budget": "[budget](#budget)",
    "AnswerTexts": "[texts](#what-leadoff-says-by-itself)",
    "ContactDate": "mapping",
    "WebhookSettings": "[web calls](#web-calls)",
    "Text": "[text](#texts)",
    "Condition": "[condition](#conditions)",
    "MediaPath": "path from the project's folder",
    "Entry": "[entry](#entry)",
    "ExitRule": "[exit rule](#exit_when)",
    "SenderModel": "[sender](#a-sender)",
    "RegionPrices": "[prices](#prices)",
}

NOTES: dict[str, str] = {
    "switch": "What stands below it is for all ways.",
    "split": "The draw goes by the contact and the step's id: the order of the branches means nothing, and another id draws anew.",
    "update": "It is committed with the run, and counts at once, also in segments.",
    "emit": "It enters flows like an event from outside, in the next tick.",
    "webhook": """\
The run rests until it is answered. A call is made at least once, under an `Idempotency-Key` that is the same at every attempt; what
may go better later (no answer, 408, 425, 429, 5xx) is tried again, other answers but 2xx are final. Only public addresses are called,
and those of `allow_hosts`; what was written for one host is not sent to another one by a redirect.""",
}
"""What a step's docstring does not say."""

STEPS: dict[str, str] = {
    "sms": """\
- id: hero
  sms:
    text: "Hi {{ contact.first_name | default('there') }}, it is spring: {{ link('shop') }}"
    image: media/spring.jpg
    otherwise: text
- id: several
  sms: {text: New in, collage: [media/spring.jpg, media/sneakers.jpg], crop: true, otherwise: skip}
- id: short
  sms: "Two words: good morning"
""",
    "delay": """\
- id: think
  delay: 2d
- id: and_a_bit
  delay: {for: 1d12h}
- id: monday_morning
  delay: {until: {time: "09:00", days: [mon]}}
- id: before_the_day
  delay: {until: {field: contact.birthday, offset: -3d, time: "10:00"}}
- id: black_friday
  delay: {until: "2099-11-27 09:00", timezone: project}
""",
    "if": """\
- if: {clicked: {link: shop, since: hero}}
  then:
    - exit: engaged
  else:
    - id: reminder
      sms: "Still thinking? {{ link('shop') }}"
""",
    "switch": """\
- switch:
    - when: {contact: {tags: {has: vip}}}
      steps:
        - id: for_vips
          sms: "Yours first: {{ link('shop') }}"
    - when: {contact: {country: CA}}
      steps: [{exit: canada_later}]
    - else: [{exit: others_later}]
""",
    "split": """\
- id: subject
  split:
    short:
      weight: 50
      steps: [{id: few_words, sms: "It is here: {{ link('shop') }}"}]
    long:
      weight: 50
      steps: [{id: more_words, sms: "The spring coat that you asked for is here: {{ link('shop') }}"}]
""",
    "update": """\
- update:
    set: {first_name: "{{ contact.first_name | default('friend') | title }}", email: null}
    add_tags: [spring]
    remove_tags: [lead]
""",
    "emit": """\
- emit: list.joined
- emit:
    event: list.joined
    data: {list: vip}
""",
    "webhook": """\
- id: points
  webhook:
    url: "https://crm.acme.example/points?phone={{ contact.phone }}"
    headers: {x-source: leadoff}
    body: {first_name: "{{ contact.first_name | default('') }}", source: spring}
    timeout: 5s
    save: {state: address.state}
  on_error: [{exit: no_points}]
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

TRIGGERS_END = """\
A time that the clocks skip fires at the first instant after the gap, one that they repeat fires the first time. What nobody
was there for is made good once for each contact, the last firing, where it is no later than `catch_up`; what is later is missed: `flows`
and `stats` count it, `explain` and one notice tell it. Texts that are too late by then are dropped. A campaign is a flow with a `schedule`.
"""
TRIGGERS = """\
trigger:
  - event: list.joined
    where: {event: {list: vip}}
  - keyword: [JOIN, VIP]
  - segment: vip
    enroll_existing: true
  - schedule: {cron: "0 9 * * MON", timezone: contact, audience: vip}
  - schedule: {at: "2099-11-27 09:00", timezone: project, audience: {contact: {tags: {has: vip}}}}
  - date: {field: contact.birthday, offset: -3d, time: "09:00", every: year, catch_up: 12h}
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
        "an event of the contact came: by its name, or with `since`, `within`, `at_least`, `where` and `same`"
        " (a field that equals that of the run's event)",
        "happened: {event: order.placed, within: 7d, at_least: 2, where: {event: {total: {above: 50}}}}",
    ),
    "clicked": ("a link of this run's messages was clicked", "clicked: {link: shop, since: hero}"),
    "replied": (
        "the contact texted back: `true`, or with `since` and `matches`: the whole text, `*` for any characters; case, accents,"
        " punctuation and emoji make no difference (`yes` is also `YES!`), and what the text quotes (`Liked “…”`) does not count",
        'replied: {since: hero, matches: "yes*"}',
    ),
    "message": ("this run's message from that step has reached a state", "message: {step: hero, is: sent}"),
    "delivered": ("short for `message: {step: …, is: delivered}`", "delivered: hero"),
    "failed": ("short for `message: {step: …, is: failed}`: failed or undelivered", "failed: hero"),
    "segment": ("the contact is in this segment of the project", "segment: vip"),
    "time": (
        "the clock and the weekday in the contact's zone; the end is excluded, and a night belongs to the day on which it began",
        'time: {between: ["09:00", "17:00"], days: [mon, tue]}',
    ),
    "any": ("one of the list holds", "any: [{clicked: shop}, {happened: order.placed}]"),
    "all": ("all of them hold", "all: [{clicked: shop}, {contact: {tags: {has: vip}}}]"),
    "not": ("the exact complement", "not: {happened: order.placed}"),
}
CONDITIONS_END = """\
A mapping means all of its keys, a list all of its items. A missing field makes every operator false but
`exists: false`. No `{{ }}` stands in a condition.

`since:` says from when on something counts: `entry` (the default: since the run's entry; in `wait_for` the default is the arrival at
the step), `ever`, or the id of a step, meaning the instant the run left it; that step must come before on every path. Facts count by
when they happened, and the event that started the run never counts. Clicks and messages are those of this run; every text of the
contact is a reply. `where` and `require` are looked at before there is a run: only `contact`, `event`, `happened`, `segment` and
`time` stand there.

### Segments

A segment is a condition with a name, under `segments` in leadoff.yaml or in a file of its own:

```yaml
# segments/regulars.yaml
segment: regulars
when: {happened: {event: order.placed, at_least: 3, within: 90d}}
```

It knows of no run: `event`, `clicked`, `replied`, `message`, `same` and `since: entry` cannot stand in it, an unwritten `since` is
`ever`, and every event counts. `leadoff segments NAME` says who is in it.
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
    "matches": (
        "the whole text, `*` for any characters, ASCII case aside (in `replied` accents, punctuation and emoji as well)",
        'email: {matches: "*@acme.example"}',
    ),
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
Between `{{` and `}}` stands a field of `contact` or of the `event` that started the run, with filters, `link("NAME")` or
`short("https://…")`. There is no `{% %}` and no `{# #}`: decide with an `if` step. A field that may be missing needs a `default`. A
contact's values are data: they are never read as a template, and control, bidi and unseen characters are taken out of them. A contact's
value becomes no link: a space parts what a phone would make one of (`evil. example`, `Dr. Smith`; J.R. stays), an e-mail address in an
email field stays whole. Values of events come from the shop and may be links. Texts are trimmed and NFC.

`link("shop")` becomes `PUBLIC_URL/l/CODE`, eight characters that cannot be guessed; who opens it is led to the link's address, and the
click is a fact of the run. `short("https://acme.example/spring?size=m")` does the same for an address that is written in the text.
"""

QUIET_HOURS = """\
Marketing waits while it is quiet at the contact's: by its own `timezone` field, else in every zone that its area code or country may mean.
In that field `EST`, `CST`, `PST`, `AKST`, `HST` and their summer names are New York, Chicago, Los Angeles, Anchorage and Honolulu, and with
`MST` it must be open in Denver and in Phoenix; a name without a place (`UTC`, `Etc/GMT+5`, `-05:00`) says nothing, and a warning says so.
The law of the number's state narrows the hours, and so does that of the `state` field: the stricter of both counts, and so do the days on
which a state forbids texts. The tables are data with their sources and dates (engine/messaging/data/quiet_hours.json), and no legal
advice. A message that waits goes when the hours open, at its sender's rate; nothing spills over their end. `on_quiet: skip` drops it
instead. `transactional` does not wait.
"""

CAPS = """\
Counted over rolling windows, in all flows together; what was cancelled, expired, skipped or refused does not count. A message over a cap
waits until the window has room, or is dropped with `on_cap: skip`. States that allow three messages a day count for themselves.
"""

BUDGET = """\
What is handed to providers on a day of the project's calendar, by `prices`. When it is used up nothing leaves and nothing is dropped:
`leadoff notices`, the log and `doctor` say so, and sending goes on at midnight, or when a larger budget is applied.
"""

OWN_TEXTS = """\
STOP, START and HELP are answered once; on toll-free numbers the network answers STOP. A contact's first marketing text gets the brand in
front and the words of `first` behind it where it does not say so by itself; both count as characters.
"""

IGNORES = """\
`leadoff rule CODE` shows a bad and a good example of each. Errors stand; a warning or a note is silenced at the end of the line of its
key, with a reason. An ignore without a reason is a warning itself, and so is one that silences nothing.

```yaml
flow: two-texts
language: 1
trigger: {event: list.joined}
exit_when: [{when: {happened: order.placed}, reason: converted}]
steps:
  - id: hero
    sms: "Acme: the spring coat is here. Reply STOP to opt out"
  - id: link  # leadoff: ignore[LO504] one thought in two texts
    sms: "And here it is: {{ link('shop') }}"
```
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
    "LO240": "not a cron text",
    "LO241": "not a keyword, or one that opts out or asks for help",
    "LO242": "not a time of day, or not a local date and time",
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
    "LO314": "a sender that is not declared",
    "LO315": "warning: a sender whose number is of another kind, or does not reach its countries",
    "LO310": "`where` or `require` asks for clicks, messages or steps of a run that has not begun",
    "LO311": "there is no leadoff.yaml",
    "LO312": "the field of a `date` trigger is no date of contacts",
    "LO313": "what `update` sets or `emit` sends does not fit its declared type",
    "LO320": "a segment that is not declared",
    "LO321": "segments that name one another in a circle",
    "LO322": "a segment or audience asks for what only a run can answer",
    "LO401": "what stands between `{{` and `}}` cannot be read",
    "LO402": "no such filter or function, or used wrongly",
    "LO403": "neither `contact` nor `event`, or without a field",
    "LO404": "warning: a `}}` that closes nothing",
    "LO405": "a text shows a field that there is not",
    "LO406": "a placeholder as another system writes it; between `[[ ]]` a warning",
    "LO410": "a field that may be missing has no `default`",
    "LO411": "a text that may come to more than 1,600 characters",
    "LO412": "warning: a character makes the text UCS-2 and costs parts",
    "LO413": "warning: the longest values of its fields cost the text another part",
    "LO414": "note: the first marketing text does not say who writes, or how to opt out",
    "LO415": "note: an SMS of more than `parts_note` parts; warning: of more than 4",
    "LO416": "warning: a fallback that costs three times the MMS or more",
    "LO417": "warning: a link with no blank beside it",
    "LO501": "warning: no run comes here",
    "LO502": "warning: an empty branch",
    "LO503": "warning: a condition that never, or always, holds",
    "LO504": "warning: two messages with no time between them, on the path that is named",
    "LO505": "warning: a marketing flow that texts again has no `exit_when`",
    "LO506": "warning: two triggers for one happening",
    "LO507": "warning: only time can end this `wait_for`",
    "LO508": "warning: a click on a link that no message before has",
    "LO509": "warning: asked for what became of a message with no time in between",
    "LO510": "warning: a field is compared with what its type can never be",
    "LO511": "note: a wait for a date that may be taken away, and no `exit_when` for it",
    "LO512": "warning: a message that is skipped in quiet hours, by a clock that strikes in them alone",
    "LO520": "warning: the `at` of a trigger has passed",
    "LO530": "consent that no text of the person stands behind",
    "LO531": "warning: a frequency cap that some path of the flow reaches by itself",
    "LO532": "quiet hours that never end (with a state's law: warning)",
    "LO533": "warning: no quiet hours at all",
    "LO601": "the image is not there",
    "LO602": "the image is damaged",
    "LO603": "the image's path leaves the project",
    "LO604": "an image without `otherwise`, or `otherwise` without an image",
    "LO605": "the image cannot be made to fit",
    "LO606": "not a JPEG, PNG, GIF or WebP",
    "LO607": "the image has too many pixels",
    "LO608": "the GIF has too many frames",
    "LO609": "an image and a collage in one message, or `crop` without a collage",
    "LO610": "nothing would be seen of the image",
    "LO611": "note: phones would show the image small",
    "LO612": "note: a moving image in a collage stands still",
    "LO613": "note: a second MMS on one way, where an SMS would remind as well",
    "LO614": "warning: a picture that no sender and country of the project can have",
    "LO701": "a secret in a file (a key's name with its value: warning)",
    "LO702": "warning: the number of a real person",
    "LO703": "a file that cannot be read; warning: one that is not",
    "LO704": "warning: an ignore without a reason, or without a code",
    "LO705": "warning: an ignore that silences nothing",
    "LO706": "warning: names that differ by the case of letters alone",
    "LO707": "warning: a schema of another version",
    "LO708": "warning: a country without a price",
    "LO709": "warning: a simulator beside a real provider",
    "LO710": "two senders whose names mean the same environment variable",
    "LO711": "contacts.csv has no usable header",
    "LO712": "a row of contacts.csv that an import refuses",
    "LO713": "warning: a time zone of contacts.csv that names no place",
}
