"""Shopify, Customers, Export: the columns are found by name, as their order varies.

The consent is that of the column `Phone`; an address's number is of a recipient, who has agreed to nothing. The file tells no time of the
consent.
"""

from __future__ import annotations

from engine.contacts.exports.export import Cells, Export, consent, first, tags


def _read(cells: Cells) -> dict[str, str]:
    own = cells.get("phone", "")
    return {
        "phone": own or first(cells, "defaultaddressphone"),
        "consent": consent(cells.get("acceptssmsmarketing", "")) if own else "",
        "consent_source": "Shopify export",
        "key": cells.get("customerid", "").lstrip("'"),
        "first_name": cells.get("firstname", ""),
        "last_name": cells.get("lastname", ""),
        "email": cells.get("email", ""),
        "country": first(cells, "defaultaddresscountrycode", "countrycode"),
        "state": first(cells, "defaultaddressprovincecode", "provincecode"),
        "tags": tags(cells.get("tags", "")),
    }


_MARKS = (
    "Accepts SMS Marketing",
    "Accepts Email Marketing",
    "Accepts Marketing",
    "Customer ID",
    "Default Address Phone",
)
EXPORT = Export("shopify", ("Phone", "Default Address Phone"), _MARKS, _read)
