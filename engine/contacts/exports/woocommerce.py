"""WooCommerce: exports of its plugins, as WooCommerce's own list of customers has no number. None of them knows a consent to texts.

Columns of "Import Export Suite" (`user_email`, `billing_phone`), of "Customer/Order/Coupon Export" (`email`, `billing_phone`), and of
exports that write words (`Billing Phone`, `Phone (Billing)`).
"""

from __future__ import annotations

from engine.contacts.exports.export import Cells, Export, first


def _read(cells: Cells) -> dict[str, str]:
    def of(name: str) -> tuple[str, ...]:
        return (f"billing{name}", f"{name}(billing)")

    return {
        "phone": first(cells, *of("phone"), "phone"),
        "key": first(cells, "customerid", "id"),
        "first_name": first(cells, "firstname", *of("firstname")),
        "last_name": first(cells, "lastname", *of("lastname")),
        "email": first(cells, "useremail", "email", *of("email")),
        "country": first(cells, *of("country"), *of("countrycode"), "countrycode"),
        "state": first(cells, *of("state"), *of("statecode")),
    }


_MARKS = ("billing_phone", "Phone (Billing)", "billing_email", "Email (Billing)", "user_email", "customer_id")
EXPORT = Export("woocommerce", ("billing_phone", "Phone (Billing)", "phone"), _MARKS, _read)
