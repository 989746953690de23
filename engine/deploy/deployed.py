"""What is deployed now, compiled and ready: the only thing the engine reads (V1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from engine.core.context import Settings
from engine.core.gates.caps import Caps
from engine.core.goals import Goal
from engine.core.program import Program, Trigger
from engine.core.stop_limits import NO_STOP, StopLimits
from engine.deploy.summary import Summary, summary_of
from engine.language.model.message import languages_of, message_of
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.project import Project
from engine.language.model.segments import events_of
from engine.language.templates.text import Text
from engine.language.templates.translations import Translations
from engine.messaging.compliance_texts import Texts
from engine.messaging.keywords import own_text, plain
from engine.messaging.languages import chosen
from engine.messaging.quiet_hours import Quiet
from engine.store.interned_names import Names

NONE_OLDER: Mapping[int, Deployed] = {}
Triggered = tuple[Program, tuple[Trigger, ...]]
"""A flow, and its triggers that an event or a text starts."""


class Deployed:
    """One deployment. Frozen in use: any number of threads may read it."""

    def __init__(
        self,
        id: int,
        project: Project,
        programs: Mapping[str, Program],
        names: Names,
        settings: Settings,
        commit: str | None = None,
        older: Mapping[int, Deployed] = NONE_OLDER,
    ) -> None:
        """`settings`: the project's, also where no flow is left.

        `older`: by id, the deployments in which runs finish, with these flows alone; their names are those of their time.
        """
        self.id = id
        self.project = project
        self.programs = programs
        self.names = names
        self.settings = settings
        self.commit = commit
        self.older = older

    @cached_property
    def for_show(self) -> Deployed:
        """The same for a preview: its coupons are made up, and it fetches no picture."""
        if not self.older and not self.project.coupons and not self.project.image_hosts:
            return self
        older = {id: version.for_show for id, version in self.older.items()}
        settings = _for_show(self.settings)
        own = {name: each._replace(settings=_for_show(each.settings)) for name, each in self.programs.items()}
        return Deployed(self.id, self.project, own, self.names, settings, self.commit, older)

    @cached_property
    def all_programs(self) -> tuple[Program, ...]:
        """Also the older versions of flows, in which runs finish."""
        versions = (self, *self.older.values())
        return tuple(program for version in versions for program in version.programs.values())

    @cached_property
    def marketing(self) -> frozenset[str]:
        """The flows whose runs an opt-out ends."""
        return frozenset(program.flow for program in self.all_programs if program.category == "marketing")

    @cached_property
    def summary(self) -> Summary:
        """What listings tell of it."""
        return summary_of(self.project, self.programs)

    def _by(self, names: Callable[[Trigger], Collection[str]]) -> Mapping[str, list[Triggered]]:
        """Name -> the flows with a trigger of that name."""
        found: dict[str, list[Triggered]] = defaultdict(list)
        for program in self.programs.values():
            for name in {name for trigger in program.triggers for name in names(trigger)}:
                found[name].append((program, tuple(each for each in program.triggers if name in names(each))))
        return found

    @cached_property
    def _triggered(self) -> Mapping[str, list[Triggered]]:
        return self._by(lambda trigger: () if trigger.event is None else (trigger.event,))

    def triggered_by(self, event: str) -> list[Triggered]:
        """The flows that this event may start, each once with its triggers for it."""
        return self._triggered.get(event, [])

    @cached_property
    def _worded(self) -> Mapping[str, list[Triggered]]:
        return self._by(lambda trigger: trigger.words)

    def triggered_by_text(self, text: str) -> list[Triggered]:
        """The flows of which this whole text is a keyword, what it quotes aside."""
        return self._worded.get(plain(own_text(text)), []) if self._worded else []

    @cached_property
    def recurring(self) -> Mapping[tuple[int, str], tuple[Program, Trigger]]:
        """(flow, trigger's key) -> what the clock or a segment starts."""
        return {
            (self.names.flow_ids[program.flow], trigger.key): (program, trigger)
            for program in self.programs.values()
            for trigger in program.triggers
            if trigger.key
        }

    @cached_property
    def entered(self) -> Mapping[str, list[tuple[Program, Trigger]]]:
        """Segment -> the flows that coming into it starts."""
        found: dict[str, list[tuple[Program, Trigger]]] = defaultdict(list)
        for program, trigger in self.recurring.values():
            if trigger.segment is not None:
                found[trigger.segment].append((program, trigger))
        return found

    @cached_property
    def counted(self) -> frozenset[str]:
        """The names of the events that can bring a contact into such a segment."""
        return frozenset(event for name in self.entered for event in events_of(self.project.segments, name))

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        return self.project.compiled_goals

    @cached_property
    def heard(self) -> frozenset[str]:
        """The names of the facts that can move some waiting run."""
        return frozenset(fact for program in self.all_programs for node in program.nodes for fact in node.listens)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The events of Leadoff's own that a flow or a watched segment asks for."""
        return frozenset(OWN_EVENTS) & (self._triggered.keys() | self.heard | self.counted)

    @cached_property
    def caps(self) -> Caps:
        return self.project.caps.marketing.compiled()

    def quiet_of(self, flow: str) -> Quiet:
        """The quiet hours of a flow, also of one that is not deployed any more."""
        return self._quiet.get(flow, self.project.quiet_hours)

    @cached_property
    def _quiet(self) -> Mapping[str, Quiet]:
        oldest_first = (*reversed(tuple(self.older.values())), self)
        return {flow: program.quiet for version in oldest_first for flow, program in version.programs.items()}

    @cached_property
    def stop_limits(self) -> Mapping[int, StopLimits]:
        """Flow -> when it is paused by itself, of those that may be; also of flows in which contacts finish."""
        versions = (*self.older.values(), self)
        limits = {
            self.names.flow_ids[each.flow]: each.stop_if for version in versions for each in version.programs.values()
        }
        return {flow: limit for flow, limit in limits.items() if limit != NO_STOP}

    @cached_property
    def ended(self) -> frozenset[int]:
        """The flows that are retired with `exit`."""
        return self.project.ended(self.names.flow_ids, self.programs)

    def texts_for(self, *wanted: object) -> Texts:
        """The texts that Leadoff sends itself, in the first of these languages that the project writes in, else in its default."""
        return self.settings.texts_in(self.language_for(*wanted))

    def language_for(self, *wanted: object) -> str | None:
        """None: the project's texts name no language."""
        found = (chosen(each, self.languages) for each in wanted)
        return next((each for each in found if each), next(iter(self.languages), None))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Those that the project writes to people in, the default first; empty where no text names one."""
        blocks = (node.block for program in self.programs.values() for node in program.nodes)
        return tuple(dict.fromkeys((*self.project.texts.languages, *languages_of(blocks))))

    @cached_property
    def pictures(self) -> Mapping[str, Text | Translations | None]:
        """Every picture of a message, as its media are named -> in words, as far as they are the same for everybody."""
        found: dict[str, Text | Translations | None] = {}
        for program in self.all_programs:
            found |= dict.fromkeys(program.settings.media.values())
        for program in self.all_programs:
            for message in (message_of(node.block) for node in program.nodes):
                if message and message.picture and message.alt and not message.alt.paths:
                    found[program.settings.media[message.picture]] = message.alt
        return found

    @property
    def countries(self) -> frozenset[str]:
        return self.settings.countries

    @property
    def project_url(self) -> str:
        """Where providers and phones reach us."""
        return self.settings.public_url


def _for_show(settings: Settings) -> Settings:
    made_up = {name: each._replace(made_up=True) for name, each in settings.coupons.items()}
    return settings._replace(coupons=made_up, fetches=False)
