"""`leadoff coupons`: pools are filled, and counted; no code is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

COUPONS = "coupons: {spring10: {length: 8, expires: 30d, low: 2}, autumn: {length: 6}}\n"


@pytest.fixture
def shop(open_shop: Terminal) -> Terminal:
    file = open_shop.folder / "leadoff.yaml"
    file.write_text(file.read_text() + COUPONS)
    return open_shop


def written(shop: Terminal, text: str, encoding: str = "utf-8") -> str:
    file = shop.folder / "codes.csv"
    file.write_bytes(text.encode(encoding))
    return str(file)


def test_a_file_fills_a_pool_and_twice_changes_nothing(shop: Terminal) -> None:
    file = written(shop, "AAAA-1\nAAAA-2\naaaa-1\n\nAAAA-3\n")
    assert shop.well("coupons", "import", "spring10", file).out == "3 new, 1 already there\n"
    assert shop.well("coupons", "import", "spring10", file).out == "0 new, 4 already there\n"
    said = shop.well("coupons", "list")
    assert "AAAA" not in said.out
    assert shop.well("coupons", "list", "--format", "json").json["coupons"] == [
        {"coupon": "autumn", "left": 0, "given": 0, "expired": 0, "held_back": 0, "says": "empty"},
        {"coupon": "spring10", "left": 3, "given": 0, "expired": 0, "held_back": 0, "says": ""},
    ]
    said = shop.well("coupons", "import", "autumn", written(shop, "AAAA-1\nBBBB-1\n"))
    assert said.out == "1 new, 0 already there\n"
    assert "1 code left out: another coupon has them" in said.err


@pytest.mark.only("sqlite", "it is about what stands in a file")
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Coupon Code,Notes\nAAAA-1,x\nAAAA-2,\n", "utf-8-sig"),
        ("id;code\r\n1;AAAA-1\r\n2;AAAA-2\r\n", "utf-8"),
        ("Coupon\tMade\nAAAA-1\t1\nAAAA-2\t1\n", "utf-16"),
        ('"AAAA-1"\n"AAAA-2"', "utf-8"),
    ],
)
def test_the_files_that_shops_write(shop: Terminal, text: str, encoding: str) -> None:
    assert shop.well("coupons", "import", "spring10", written(shop, text, encoding)).out == "2 new, 0 already there\n"


def test_what_a_pool_cannot_take_is_refused_with_its_line(shop: Terminal) -> None:
    file = written(shop, "AAAA-1\nAA AA\nAAAAAAAAA\nÄAAA\nA,B\n" + "x" * 10_000 + "\nAAAA-2\n")
    said = shop("coupons", "import", "spring10", file)
    assert (said.code, said.out) == (1, f"2 new, 0 already there, 5 rejected → {shop.folder / 'codes.errors.csv'}\n")
    assert "line 2: a blank in it" in said.err
    assert "line 3: 9 characters, more than the `length` of 8" in said.err
    lines = (shop.folder / "codes.errors.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", "2", "3", "4", "5", "6"]
    assert "AAAA" not in said.err


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
@pytest.mark.parametrize(
    ("words", "message", "help"),
    [
        (("import", "spring", "codes.csv"), 'no coupon is called "spring"', 'did you mean "spring10"?'),
        (("import", "spring10", "none.csv"), "cannot open none.csv", ""),
        (("import", "spring10", "columns.csv"), "none of them is called `code`", "name it in the first line"),
        (("release", "summer"), 'no coupon is called "summer"', "declare it in leadoff.yaml"),
    ],
)
def test_what_cannot_be_meant(shop: Terminal, words: tuple[str, ...], message: str, help: str) -> None:
    written(shop, "AAAA-1\n")
    (shop.folder / "columns.csv").write_text("id,number\n1,2\n")
    said = shop("coupons", *words)
    assert said.code == 2
    assert message in said.err
    assert help in said.err


def test_a_leadoff_yaml_that_cannot_be_read(shop: Terminal) -> None:
    file = Path("leadoff.yaml")
    file.write_text(file.read_text().replace("length: 8", "length: long"))
    said = shop("coupons", "list")
    assert (said.code, "`leadoff check` says why" in said.err) == (2, True)
