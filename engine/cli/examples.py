"""One example of each command of a group, as its help shows it. A group's own is in the table of root.py."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "contacts import": "leadoff contacts import people.csv --country US --errors rejected.csv",
    "contacts export": "leadoff contacts export -o people.csv",
    "contacts list": "leadoff contacts list --limit 20",
    "contacts show": "leadoff contacts show +12025550143 --all",
    "contacts subscribe": 'leadoff contacts subscribe +12025550143 --source "asked by phone"',
    "contacts unsubscribe": 'leadoff contacts unsubscribe +12025550143 --source "phone call"',
    "contacts forget": "leadoff contacts forget +12025550143",
    "events import": "leadoff events import joins.ndjson --errors rejected.csv",
    "events export": "leadoff events export -o people.ndjson --since 90d",
    "sources list": "leadoff sources list store --nothing",
    "sources show": "leadoff sources show 12",
    "sources replay": "leadoff sources replay --source store",
    "sources try": "leadoff sources try store checkout.json --topic checkouts/update",
    "coupons import": "leadoff coupons import spring10 codes.csv",
    "coupons list": "leadoff coupons list",
    "coupons release": "leadoff coupons release spring10",
    "runs move": "leadoff runs move --flow welcome --step think --to reminder",
    "runs exit": "leadoff runs exit 12",
    "runs retry": "leadoff runs retry --flow welcome",
    "messages resolve": "leadoff messages resolve 12 --as accepted",
    "flows pause": "leadoff flows pause welcome",
    "flows stop": "leadoff flows stop spring-sale --reason 'wrong price'",
    "flows resume": "leadoff flows resume welcome",
    "flows rollback": "leadoff flows rollback welcome --to 3",
    "notices done": "leadoff notices done 4",
    "token create": "leadoff token create shop --scope events",
    "token list": "leadoff token list",
    "token revoke": "leadoff token revoke shop",
    "db upgrade": "leadoff db upgrade",
    "db check": "leadoff db check",
    "db backup": "leadoff db backup shop-2027-04-01.db",
    "db restore": "leadoff db restore shop-2027-04-01.db",
    "db move": "leadoff db move postgresql://leadoff@db.internal/leadoff",
    "db restored": "leadoff db restored",
    "media fit": "leadoff media fit media/hero.jpg -o hero-on-the-phone.jpg",
    "media list": "leadoff media list --format json",
}
