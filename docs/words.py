"""The texts of docs/language.md. The structure comes from the models; the texts here explain it.

docs/generate.py fails when a field, condition, operator or filter has no text here, or a text here belongs to nothing.
"""

from __future__ import annotations

INTRO = """\
A flow is a YAML file that says which contact gets which message, and when. Steps run from top to bottom. Branches can be nested; after a
branch the flow continues with the next step. There is no `goto` and no loop. `leadoff check` reports every mistake with its place, a code
and a way to fix it. Nothing is ignored silently: an unknown key is an error. `leadoff rule CODE` explains a finding, `leadoff schema` gives
this page to your editor, and `leadoff fmt` formats a file. [The glossary](glossary.md) defines the terms.

    shop/
      leadoff.yaml          senders, fields, events, links, segments, prices
      flows/*.yaml          one flow per file; the file's name is the flow's id
      segments/*.yaml       one segment per file; the file's name is the segment's name
      media/                images; paths start at the project's folder
      contacts.csv          contacts to import
"""

FIELDS: dict[str, dict[str, str]] = {
    "KeywordTrigger": {
        "keyword": "One keyword or a list. The whole text must match; case, width, accents, punctuation, emoji and quotations are ignored."
        " Words that opt out or ask for help are not allowed.",
    },
    "SegmentTrigger": {
        "segment": "Its name. A contact enters the flow on joining the segment; a contact who leaves and joins again enters again.",
    },
    "ScheduleTrigger": {"schedule": "When, in which time zone, and for which contacts."},
    "Schedule": {
        "cron": "Repeatedly: minute, hour, day of the month, month, day of the week; names are allowed, and 0 or 7 is Sunday.",
        "timezone": "`contact` fires once in each time zone, when it is that time there.",
    },
    "ContactDate": {
        "field": "`contact.birthday`, or a field declared as a date.",
        "offset": "Days or weeks before (`-3d`) or after it.",
        "every": "`year`: on each anniversary; 29 February counts as the 28th in other years.",
    },
    "Sms": {"alt": "The picture in words. It is checked and stored; no provider of this version accepts it."},
    "Delay": {
        "for": "How long. Days and weeks are calendar days; hours and less are elapsed time. Instead of `until`.",
        "timezone": "The time zone that counts: the contact's or the project's.",
    },
    "WaitFor": {
        "then": "Steps if it happens in time. An event dated before the end counts if it is known when the timeout is decided.",
    },
    "Update": {
        "set": "Declared fields and their new values; text may contain `{{ }}`, and `null` removes the value. A value that"
        " does not fit its field's type at run time is skipped, and `explain` says so.",
    },
    "Emit": {"data": "The event's data, as declared; text may contain `{{ }}`."},
    "Webhook": {
        "save": "Contact fields, and the path of each value in the JSON response. If a value is missing or does not fit, the field"
        " keeps its value.",
    },
    "Project": {
        "brand": "Your name, as contacts know it; the demo's picture shows it.",
        "links": 'By name: `link("shop")` in a text becomes a tracked /l/CODE.',
        "prices": "By country. A country without a price uses the US price: 0.015 per part, 0.045 per MMS.",
        "segments": "By name: the [condition](#segments) for who is in it. A segment can also have a file of its own, segments/NAME.yaml.",
    },
}
"""Only where this page says more than an editor shows. By default it is the docstring of the field in the model."""

VALUES: dict[str, str] = {
    "parse_id": "id",
    "parse_step_id": "step id",
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
    "_holdout": "a share: `10%`",
    "_catch_up": "`never` or a [duration](#values)",
    "_spread": "a [duration](#values)",
    "_again": "`always`, `never` or a [duration](#values)",
    "_triggers": "[trigger](#triggers), or a list of them",
    "_keywords": "text, or a list of texts",
    "_segment": "name of a segment",
    "_audience": "name of a segment, or a [condition](#conditions)",
    "_schedule": "mapping",
    "_zone": "`contact`, `project` or a time zone",
    "_contact_field": "`contact.` and a field",
    "parse_cron": "cron expression in quotes",
    "parse_moment": '`"2026-11-27 09:00"`',
    "parse_clock": '`"09:00"`',
    "_between": 'list of: `"09:00"`',
    "parse_offset": "`-3d`, `1w`",
    "read_steps": "list of [steps](#steps)",
    "read_base": "http(s) URL",
    "read_url": "http(s) URL",
    "_country": "country (`US`)",
    "_currency": "currency (`USD`)",
    "_field": "[field](#fields-of-contacts-and-events)",
    "_row_field": "[field](#fields-of-contacts-and-events)",
    "_event_field": "[field](#fields-of-contacts-and-events), or a [list](#lists)",
    "_read": "a date and time, `{time, days}`, or `{field, time}`",
    "_weekdays": "list of: `mon` … `sun`",
    "_ways": "list of [branches](#switch)",
    "_branches": "id → [branch](#split)",
    "_weight": "whole number",
    "_settable": "field",
    "_payload": "[text](#texts), number, `true`, `false` or `null`",
    "_tag": "tag",
    "_rate": "number",
    "_url": "http(s) URL",
    "_header_name": "header name",
    "_header": "[text](#texts)",
    "_body": "mapping, list or [text](#texts)",
    "_timeout": "[duration](#values)",
    "_answer_path": "path in the response",
    "_on_error": "`continue`, `exit`, or list of [steps](#steps)",
    "_share": "share of messages (`3%`)",
    "read_address": "URL",
    "_host": "host name (`crm.internal`)",
    "_quiet": "`off`, or [quiet hours](#quiet-hours)",
    "_most": "whole number",
    "_parts_note": "whole number from 1 to 10",
    "_message_text": "[text](#texts), or one for each [language](#languages)",
    "_answers": "text, or one for each [language](#languages)",
    "parse_source_name": "name of a source (`store`)",
    "_source_kind": "`shopify`, `woocommerce`, `segment`, `stripe`, `standard`, `header`",
    "_topic_name": "topic (`checkouts/update`)",
    "_paths": "path (`customer.first_name`), or a list of them",
    "parse_budget": "amount of money",
    "_length": "whole number from 1 to 50",
    "_low": "whole number",
    "_fixed": "code",
    "_window": "[duration](#values) from 1m to 90d, or `off`",
    "_empty": "`skip`, or `{code: CODE}`",
    "_image": "path from the project's folder, or a mapping (below)",
    "_collage": "list of paths, or a mapping (below)",
    "_picture_field": "field of the event (`event.image`, `event.items[0].image`)",
    "_picture_list": "list of the event (`event.items`)",
    "_at_most": "whole number from 2 to 6",
    "_kept": "[duration](#values) of at least 30 days",
}

JSON_TYPES: dict[str, str] = {"string": "text", "integer": "whole number", "number": "number"}
"""Of a value that no function above reads."""

CLASSES: dict[str, str] = {
    "bool": "`true` or `false`",
    "CapSettings": "[caps](#caps)",
    "MarketingCaps": "[caps](#caps)",
    "Budget": "[budget](#budget)",
    "Retention": "[retention](#retention)",
    "StopLimits": "[stop_if](#stop-by-itself)",
    "NotifySettings": "[notify](#alarms)",
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
    "SourceModel": "[source](#sources)",
    "TopicModel": "[topic](#a-topic)",
    "CouponModel": "[coupon](#coupons)",
    "GoalModel": "[goal](#goals)",
    "RefundModel": "mapping",
    "WithinModel": "mapping",
}

NOTES: dict[str, str] = {
    "sms": """\
A picture that comes with the event is fetched then, from the hosts of `image_hosts` alone. Where it is not to be had, the `fallback` goes
out, and `explain` says why ([MMS](mms.md#pictures-from-the-shop)).""",
    "switch": "The steps after it are for all branches.",
    "split": "The branch depends on the contact and the step's id, not on the order of the branches; a new id draws again.",
    "update": "It is committed with the run's step and counts at once, also in segments.",
    "emit": "It starts flows like an event from outside, in the next tick.",
    "webhook": """\
The run waits for the response. A call is made at least once, with the same `Idempotency-Key` at every attempt. No response, 408, 425, 429
and 5xx are retried; every other response except 2xx is final. Only public IP addresses are called, and the hosts in `allow_hosts`. A
redirect to another host gets no headers of the step, and is refused if there is a body.""",
}
"""What the docstring of a step does not say."""

GOALS = """\
A goal says which event is an order, so that `leadoff stats` and the dashboard can say [what messages earned](goals.md). Each
order is credited to at most one message: the last one whose link was clicked before it, `within` the time for clicks, else the last one
that was delivered before it, `within` the time for deliveries.

<!-- fragment: project -->
```yaml
# leadoff.yaml
events:
  order.placed: {order_id: text, total: money}
  order.refunded: {order_id: text, total: money}
goals:
  purchase:
    event: order.placed
    id: order_id
    value: total
    refund: {event: order.refunded, id: order_id, value: total}
    within: {click: 5d, delivered: 24h}
```
"""

COUPONS = """\
`leadoff coupons import spring10 codes.csv` fills a pool; `coupon("spring10")` in the text of an `sms` step shows the contact's code. A
contact has one code of a pool while it lasts, in whatever flow and message, and keeps it where a message is cancelled; no two contacts
get the same. Texts that Leadoff sends by itself, conditions, fields, events and web calls cannot show one. `check` counts each message
with `length` characters. A code has up to that many of A-Z, a-z, 0-9 and `- _ + * # % ! $ &`: characters that count once in an SMS, and
that no phone takes for a link. `simulate`, `test`, `plan`, `upcoming`, `backtest`, `dev`, `demo` and `send-test` take no code: they show
`XXXXXXXXXX`, as long as `length`. A test of a flow writes the same.

<!-- fragment: project -->
```yaml
coupons:
  spring10: {length: 10, expires: 30d, low: 200, empty: {code: SPRING}}
```
"""
TRIGGERS_END = """\
If the clocks skip the time, the trigger fires at the first instant after the gap; if the clocks repeat it, the first time. If Leadoff was
down at the time, each contact gets the latest firing once, as long as it is no later than `catch_up`. Later than that it is missed: `flows`
and `stats` count it, and `explain` and one notice report it. Messages that are too late by then are dropped. A campaign is a flow with a
`schedule`.

With `spread: 2h` its contacts do not start all at once, but evenly over two hours, each at a time of its own that stays the same whatever
happens to the daemon. Marketing counts from when a contact's hours begin, where they begin later, and is spread over what is left of them
where they end sooner; `leadoff plan` says how many that are, how many start and what it costs. What `exit_when` ends, and who says STOP
before its time, gets nothing.
"""
TRIGGERS = """\
trigger:
  - event: list.joined
    where: {event: {list: vip}}
  - keyword: [JOIN, VIP]
  - segment: vip
    enroll_existing: true
  - schedule: {cron: "0 9 * * MON", timezone: contact, audience: vip}
  - schedule: {at: "2099-11-27 09:00", timezone: project, spread: 2h, audience: {contact: {tags: {has: vip}}}}
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
        "the data of the event that started the run; inside `happened.where`, of the event that is tested",
        "event: {list: vip}",
    ),
    "happened": (
        "the contact had this event: its name, or with `since`, `within`, `at_least`, `where` and `same`"
        " (this field has the same value as in the run's event)",
        "happened: {event: order.placed, within: 7d, at_least: 2, where: {event: {total: {above: 50}}}}",
    ),
    "clicked": ("a link of this run's messages was clicked", "clicked: {link: shop, since: hero}"),
    "replied": (
        "the contact replied: `true`, or with `since` and `matches`: the whole text, `*` for any characters; case, accents,"
        " punctuation and emoji are ignored (`yes` matches `YES!`), and so is a quoted text (`Liked “…”`)",
        'replied: {since: hero, matches: "yes*"}',
    ),
    "message": ("this run's message from that step has reached a state", "message: {step: hero, is: sent}"),
    "delivered": ("short for `message: {step: …, is: delivered}`", "delivered: hero"),
    "failed": ("short for `message: {step: …, is: failed}`: failed or undelivered", "failed: hero"),
    "segment": ("the contact is in this segment of the project", "segment: vip"),
    "time": (
        "the time and the weekday in the contact's time zone; the end is excluded, and a night belongs to the day on which it begins",
        'time: {between: ["09:00", "17:00"], days: [mon, tue]}',
    ),
    "any": ("one of the list holds", "any: [{clicked: shop}, {happened: order.placed}]"),
    "all": ("all of them hold", "all: [{clicked: shop}, {contact: {tags: {has: vip}}}]"),
    "not": ("the condition does not hold", "not: {happened: order.placed}"),
}
CONDITIONS_END = """\
A mapping means that all of its keys hold, a list that all of its items hold. If a field is missing, every operator is false except
`exists: false`. A condition cannot contain `{{ }}`.

`since:` sets from when something counts: `entry` (the default: since the run started; in `wait_for` the default is since the run reached
the step), `ever`, or the id of a step, which means since the run left that step; every path must pass that step first. Facts count by the
time they happened, and the event that started the run never counts. Clicks and messages are those of this run; every text from the
contact is a reply. `where` and `require` are tested before there is a run: only `contact`, `event`, `happened`, `segment` and `time` are
allowed there.

### Segments

A segment is a condition with a name, under `segments` in leadoff.yaml or in a file of its own:

```yaml
# segments/regulars.yaml
segment: regulars
when: {happened: {event: order.placed, at_least: 3, within: 90d}}
```

It does not refer to a run: `event`, `clicked`, `replied`, `message`, `same` and `since: entry` are not allowed, the default of `since` is
`ever`, and every event counts. `leadoff segments NAME` lists who is in it.
"""

OPERATORS: dict[str, tuple[str, str]] = {
    "is": ('equal, and of the same type: `"3"` is not 3; a value alone means the same', "state: {is: NY}"),
    "not": ("not equal, or not in the list", "state: {not: [NY, NJ]}"),
    "in": ("one of; a list alone means the same", "state: {in: [NY, NJ]}"),
    "above": ("more than: numbers, dates and timestamps", "orders: {above: 2}"),
    "at_least": ("this or more", "orders: {at_least: 3}"),
    "below": ("less than", "orders: {below: 3}"),
    "at_most": ("this or less", "orders: {at_most: 2}"),
    "has": ("the list contains this item; of rows: one row with all of these fields", "tags: {has: vip}"),
    "count": ("how many items or rows the list has", "tags: {count: {at_least: 2}}"),
    "matches": (
        "the whole text, `*` for any characters; ASCII case is ignored (in `replied` accents, punctuation and emoji as well)",
        'email: {matches: "*@acme.example"}',
    ),
    "exists": ("the field has a value, or has none", "birthday: {exists: false}"),
}

FILTERS: dict[str, tuple[str, str]] = {
    "default": ("for a missing or empty value", "{{ contact.first_name | default('there') }}"),
    "upper": ("upper-case letters", "{{ contact.state | default('') | upper }}"),
    "lower": ("lower-case letters", "{{ contact.state | default('') | lower }}"),
    "title": ("a capital at the start of each word", "{{ contact.first_name | default('friend') | title }}"),
    "money": ("two decimals and commas, no symbol: 1,234.50", "{{ event.total | default('0') | money }}"),
    "date": (
        "a date or timestamp in a format, in the contact's time zone",
        "{{ contact.birthday | default('2027-04-01') | date('%B %e') }}",
    ),
    "count": ("of a list: how many rows it has", "{{ event.items | count | default('some') }}"),
    "names": (
        "of a list: what its first rows are called, and how many more there are",
        "{{ event.items | names(2) | default('your cart') }}",
    ),
    "truncate": ("at most this many characters", "{{ contact.first_name | default('friend') | truncate(12) }}"),
}
TEXTS = """\
Between `{{` and `}}` is a field of `contact` or of the `event` that started the run, with filters, or `link("NAME")`,
`short(…)` or `coupon("NAME")`. There is no `{% %}` and no `{# #}`: for conditions use an `if` step. A field that may be missing
needs a `default`.

A contact's values are data: they are never read as a template, and control, bidi and invisible characters are removed from them. They do
not become links by themselves: Leadoff adds a space where a phone would see one (`evil. example`, `Dr. Smith`; J.R. stays). An e-mail
address in an email field stays as it is. Values of events come from the shop and may be links. Texts are trimmed and NFC.

`link("shop")` becomes `PUBLIC_URL/l/CODE`, with a code of eight characters that cannot be guessed. Opening it redirects to the link's
target, and the click is a fact of the run. `short("https://acme.example/spring?size=m")` does the same for a URL in the text.

`short(event.cart_url)` does it for a URL that the event brings, or a field of the contact: the customer's own cart or parcel. It leads to
the hosts of `link_hosts` in leadoff.yaml and to no other, by https. For a value that is missing, leads elsewhere or is no such URL, the
default goes out, `short(event.cart_url | default("https://acme.example/cart"))`; without one the message is skipped, the run goes on, and
`explain` says why. Declare the field as `url`, and an event with anything else is refused when it comes. Conditions and tests call the link
by its field, `clicked: event.cart_url`. Ninety days after its message has left the link leads nowhere, and its address is deleted.

`coupon("spring10")` becomes the contact's own code of that [coupon](#coupons).
"""

LANGUAGES = """\
### Languages

A text is the same for everybody, or there is one for each language:

<!-- fragment: steps -->
```yaml
- id: hero
  sms:
    text:
      en: "Acme: spring is here, {{ contact.first_name | default('friend') }}: {{ link('shop') }} Reply STOP to opt out"
      es: "Acme: ya es primavera, {{ contact.first_name | default('amiga') }}: {{ link('shop') }} Responde STOP para cancelar"
```

A contact gets the text of their `language`, a field that imports, the API and the sources of shops set. Languages are BCP 47 tags; `es_MX`
is stored as `es-MX`, and what is no tag (`Spanish`) counts as unknown. For a contact of `es-MX` it is the text of `es-MX`, else that of
`es`, else the first of another Spanish one (`es-US`). A contact whose language is unknown, or is none of them, gets the first text, so the
order means something. `check` names a text that lacks a language of its flow (LO418). Parts and costs run from the shortest language to the
longest.

What Leadoff adds to a message is in the language of the message: how to opt out in a contact's first marketing text, the page of a picture,
the words of a list (`y otros 3`), month and day names, and amounts (`1 234,50` in French). Leadoff has words of its own in English, Spanish
and French. The texts of leadoff.yaml take several languages too (`texts: {help: {en: …, es: …}}`), and `check` names those that lack a
language of your flows (LO419). A text there without languages is for everybody.

STOP, START and HELP are answered in the contact's language. Where that is unknown, or not one that your texts are in, the answer is in the
language of the keyword (`AYUDA`, `ARRET`), else in the first language of your texts. These keywords are known besides the English ones,
whatever your texts are in: {keywords}.
"""

LISTS = """\
#### Lists

Type `list` is a field of an event alone:

<!-- fragment: project -->
```yaml
events:
  cart.abandoned:
    total: money
    items: {type: list, of: {title: {type: text, max: 40}, sku: text, price: money, image: url}}
```

A list has at most 50 rows: an event with a longer one is rejected, as is one with a row that does not fit, and the answer names the place
(`items[3].price: expected a number`). An empty list is a list. In a text, `{{ event.items | names(2) | default("your cart") }}` becomes
`Spring coat, Sneakers and 3 more`. A row is called by its `title`, else its `name`, else the first text of its declaration; a row without
a name is one of the `more`. `{{ event.items | count }}` is the number of rows, `{{ event.items[0].title | default("it") }}` a field of the
first row, as far as `[49]`. A row that the list does not have is a missing value, so names and rows need a `default`, even where the list
is required. A condition asks for a row, `event: {items: {has: {sku: A-17, price: {at_least: 50}}}}`, where one row must pass all of it, or
for how many there are, `event: {items: {count: {at_least: 2}}}`.
"""

OWN_EVENTS = """\
#### Leadoff's own events

What happens here is an event, too, for triggers, `happened` and segments. No project declares it, and nobody sends or emits it:
"""
OWN_EVENTS_MORE = """\
<!-- fragment: flow -->
```yaml
trigger: {event: link.clicked, where: {event: {link: shop}}}
exit_when: [{when: {happened: {event: message.failed, within: 1d}}, reason: not reached}]
```

The messages are those of flows: not the replies to STOP and HELP, tests, or what a person writes. `text.received` is any text but a STOP
or a HELP; its words are whatever somebody typed. A contact of whom nothing but the number is known starts a flow only by a keyword. A
change of consent is an event where the status really changed: `source` says what changed it, as in the log of consent. `happened` and
segments see the past as well; a flow starts by what happens from its deployment on. No event of a message is made of a run that such an
event has started, so such flows start no loop.
"""
OWN_EVENTS_SAID = {
    "message.sent": "The provider took a message.",
    "message.delivered": "A message was delivered, as the provider reported.",
    "message.failed": "A message was refused, or not delivered; `reason` may be missing.",
    "link.clicked": "A link of a message was opened.",
    "text.received": "The contact texted.",
    "contact.subscribed": "The contact may be texted from now on.",
    "contact.unsubscribed": "The contact has opted out.",
}

QUIET_HOURS = """\
Marketing waits during the contact's quiet hours. The time zone is the contact's `timezone` field; without it, it must be outside quiet
hours in every time zone that the area code or country may mean. In that field `EST`, `CST`, `PST`, `AKST`, `HST` and their summer names
mean New York, Chicago, Los Angeles, Anchorage and Honolulu; for `MST` it must be open in Denver and in Phoenix. A time zone that is not a
place (`UTC`, `Etc/GMT+5`, `-05:00`) is ignored with a warning.

The law of the number's state narrows the hours, and so does the law of the `state` field: the stricter of both applies, including days on
which a state forbids texts. The tables are data with sources and dates (engine/messaging/data/quiet_hours.json), and not legal advice. A
waiting message is sent when the hours open, at its sender's rate, and never after they close. `on_quiet: skip` drops it instead.
`transactional` does not wait.
"""

CAPS = """\
Counted in rolling windows over all flows together; cancelled, expired, skipped and refused messages do not count. A message over a cap
waits until the window allows it, or is dropped with `on_cap: skip`. The legal limit of states that allow three messages a day is separate.
"""

BUDGET = """\
What is handed to providers on one day of the project's time zone, by `prices`. When the budget is used up, nothing is sent and nothing is
dropped: `leadoff notices`, the log and `doctor` say so. Sending continues at midnight, or when a larger budget is applied.
"""

RETENTION = """\
Every day the daemon deletes what is older, a few hundred rows at a time; [`doctor`](keeping-house.md#what-is-deleted) shows how far it
is. What something else still needs stays longer: an event that a run began with, a message of a run that goes on, the message that a kept
reply answers, the run of a kept click. These stay for ever: consent and its log, when each contact last entered each flow (for
`again_after`), and that a contact was texted (its next text is not its first).
"""

HOLDOUT = """\
With `holdout: 10%` one contact in ten gets nothing of the flow, always the same ones, so that `leadoff stats` can say
[what the flow adds](operating.md#what-a-flow-adds). From 0.01% to 50%.
"""

STOP_IF = """\
Off by default. It stands in leadoff.yaml for all flows, or in a flow for that one. With `stop_if: {opted_out: 3%, failed: 20%}` a flow is
paused, with a notice, as soon as 15 of any 500 successive messages of it were the last one before their contact's STOP, or 100 of them
failed. Fewer than 500 count as if the missing ones had gone well. Messages count in the order in which they left, so a late report counts
where its message stands, for three days. `leadoff flows resume` starts a new count. `simulate` and `test` play on.
"""

NOTIFY = """\
`notify: {webhook: https://…}` names an address, which gets a POST with a JSON object: `text` (a sentence, which chat programs show),
`project`, `kind`, `at`, and `notice` (its number) or `reasons`. Phone numbers and texts of people are never in it. It is sent at least
once, with an `Idempotency-Key` that stays the same over repetitions and restarts, to public addresses and those of
`webhooks: {allow_hosts: …}` only, and holds up no message.
"""

SOURCES = """\
[What a shop's webhooks become](sources.md), with what each kind brings by itself. A secret never stands in the file: it is
`LEADOFF_SOURCE_<NAME>_SECRET`.
"""

OWN_TEXTS = """\
STOP, START and HELP get one reply each; on toll-free numbers the network replies to STOP. If a contact's first marketing text does not
contain the brand or how to opt out, Leadoff adds the brand in front and `first` at the end; both count as characters.
What waits for a person in [the inbox](dashboard.md#the-inbox) gets `away`, where it is written.
"""

IGNORES = """\
`leadoff rule CODE` shows a bad and a good example of each code. Errors cannot be ignored. To silence a warning or a note, add a comment
with a reason at the end of the key's line. An ignore without a reason is a warning, and so is one that silences nothing.

```yaml
flow: two-texts
language: 1
trigger: {event: list.joined}
exit_when: [{when: {happened: order.placed}, reason: converted}]
steps:
  - id: hero
    sms: "Acme: the spring coat is here. Reply STOP to opt out"
  - id: link  # leadoff: ignore[LO504] one message in two texts
    sms: "And here it is: {{ link('shop') }}"
```
"""

VALUES_END = """\
- **Durations**: `90s`, `30m`, `2d`, `1d12h`: whole numbers with the units `w d h m s`, largest first, each at most once; more than 0 and
  at most 5 years.
- **Ids**: at most 64 of `a-z 0-9 _ -`, starting with a letter. A step's id is unique in its flow; `entry` and `ever` are not allowed.
- **Phone numbers**: E.164 in quotes, `"+12025550143"`.
- **Numbers** are typed only as plain decimals; `0123`, `1_000`, `+1`, `12:30`, `yes` and dates stay text. A number where text is expected
  is an error, and the other way round.
"""

SEVERITIES: dict[str, str] = {
    "LO112": "warning",
    "LO315": "warning",
    "LO325": "warning",
    "LO404": "warning",
    "LO406": "error; between `[[ ]]` warning",
    "LO412": "warning",
    "LO413": "warning",
    "LO414": "note",
    "LO415": "note; more than 4 parts: warning",
    "LO416": "warning",
    "LO417": "warning",
    "LO418": "warning",
    "LO419": "warning",
    "LO501": "warning",
    "LO502": "warning",
    "LO503": "warning",
    "LO504": "warning",
    "LO505": "warning",
    "LO506": "warning",
    "LO507": "warning",
    "LO508": "warning",
    "LO509": "warning",
    "LO510": "warning",
    "LO511": "note",
    "LO512": "warning",
    "LO520": "warning",
    "LO531": "warning",
    "LO532": "error; together with the law: warning",
    "LO533": "warning",
    "LO534": "warning",
    "LO611": "note; very small: warning",
    "LO612": "note",
    "LO613": "note",
    "LO614": "warning",
    "LO618": "warning",
    "LO701": "error; only the name of the key: warning",
    "LO702": "warning",
    "LO703": "error; a file that is left out: warning",
    "LO704": "warning",
    "LO705": "warning",
    "LO706": "warning",
    "LO707": "warning",
    "LO708": "warning",
    "LO709": "warning",
    "LO713": "warning",
}
"""Of the codes that are not always errors."""
