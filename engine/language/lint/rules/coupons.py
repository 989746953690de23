"""LO318: a coupon that a text names is declared in leadoff.yaml. LO319: a fixed code is no longer than the codes of its pool."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import UNREADABLE, Finding, LintContext, did_you_mean, finding


def coupons(world: LintContext) -> Iterator[Finding]:
    if "coupons" in world.unknown:
        return
    yield from _too_long(world)
    declared = world.project.coupons
    for draft in world.drafts:
        for placed in (*draft.texts(), *draft.half_read):
            for used in placed.value.coupons:
                if used.name not in declared:
                    way_out = f"declare it in leadoff.yaml: `coupons: {{{used.name}: {{length: 10}}}}`"
                    help = did_you_mean(used.name, declared, way_out)
                    message = f'no coupon is called "{used.name}"'
                    yield draft.finding("LO318", message, placed.loc, help, offset=used.offset, length=len(used.name))


def _too_long(world: LintContext) -> Iterator[Finding]:
    for name, coupon in world.project.coupons.items():
        if coupon.length is UNREADABLE or coupon.empty is UNREADABLE or coupon.empty is None:
            continue
        code = coupon.empty.code
        if len(code) > coupon.length:
            message = f"this code has {len(code)} characters, more than the {coupon.length} of its pool"
            help = f"raise `length` to {len(code)}, or write a shorter code: every message is counted with `length`"
            yield finding(world.document, "LO319", message, ("coupons", name, "empty", "code"), help)
