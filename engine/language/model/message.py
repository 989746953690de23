"""The message of a step, as its author wrote it: what `Block.message` gives and the rules and costs read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, cast

from engine.core.block import Block
from engine.language.model.flow import Category
from engine.language.templates.text import Text
from engine.language.templates.translations import Translations
from engine.language.values.by_language import languages_in


class Message(Protocol):
    """A block with these attributes is its own message."""

    @property
    def text(self) -> Text | Translations:
        """One for everybody, or one for each language."""

    @property
    def picture(self) -> str | None:
        """The name that its picture has among the project's media; with one it is an MMS."""

    @property
    def alt(self) -> Text | Translations | None:
        """The picture in words."""

    @property
    def otherwise(self) -> Literal["link", "text", "skip"] | None:
        """What goes out where no MMS can: the text with a link to the picture, the text alone, or nothing."""

    @property
    def sender(self) -> str | None:
        """None: the flow's, else the first one whose countries fit."""

    @property
    def category(self) -> Category | None:
        """None: the flow's."""

    @property
    def on_quiet(self) -> Literal["hold", "skip"]:
        """Whether it waits until quiet hours end."""


def languages_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """The languages of what these steps say, the first that is written first; empty where no text names one."""
    return languages_in(message.text for block in blocks if (message := message_of(block)))


def message_of(block: Block) -> Message | None:
    """The message that a step writes; None where it writes none or could not be read."""
    return cast("Message | None", block.message())
