"""Which tables a world has, and what their columns hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """A column: what kind of value it holds, and what it is called in a sentence."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a table holds.

    Attributes
    ----------
    key
        Column that names a row.
    size
        Number of rows.
    """

    noun: str
    plural: str
    key: str
    size: int
    columns: Mapping[str, Column]


def _table(noun: str, plural: str, key: str, size: int, **columns: str) -> Table:
    """Columns are written as ``kind: label``."""
    parted = {name: text.split(": ") for name, text in columns.items()}
    return Table(
        noun=noun,
        plural=plural,
        key=key,
        size=size,
        columns={name: Column(kind, label) for name, (kind, label) in parted.items()},
    )


TABLES: Mapping[str, Table] = {
    "country": _table(
        "country",
        "countries",
        "name",
        12,
        name="country: name",
        capital="city: capital",
        currency="currency: currency code",
        language="language: official language",
        calling_code="integer: calling code",
        area_km2="integer: area in square kilometres",
    ),
    "city": _table(
        "city",
        "cities",
        "name",
        40,
        name="city: name",
        country="country: country",
        population="integer: population",
        elevation_m="integer: elevation in metres",
        founded="integer: year of foundation",
        mayor="person: mayor",
        airport="airport: airport code",
        area_km2="integer: area in square kilometres",
        utc_offset="integer: offset from UTC in hours",
        x_km="integer: position east in km",
        y_km="integer: position north in km",
    ),
    "person": _table(
        "person",
        "people",
        "name",
        60,
        name="person: name",
        email="email: e-mail address",
        employer="company: employer",
        home_city="city: home city",
        birth_date="date: date of birth",
        job_title="label: job title",
    ),
    "company": _table(
        "company",
        "companies",
        "name",
        30,
        name="company: name",
        ticker="ticker: ticker symbol",
        headquarters="city: city of the headquarters",
        chief="person: chief executive",
        founded="integer: year of foundation",
        sector="label: sector",
        staff="integer: number of staff",
    ),
    "hotel": _table(
        "hotel",
        "hotels",
        "id",
        80,
        id="hotel: id",
        name="label: name",
        city="city: city",
        stars="integer: number of stars",
        rooms="integer: number of rooms",
        phone="label: phone number",
        check_in="time: check-in time",
    ),
    "product": _table(
        "product",
        "products",
        "sku",
        60,
        sku="product: stock number",
        name="label: name",
        maker="company: maker",
        price="money: list price",
        stock="integer: number in stock",
    ),
    "article": _table(
        "article",
        "articles",
        "id",
        80,
        id="article: id",
        title="text: title",
        author="person: author",
        subject="city: subject",
        year="integer: year of publication",
        words="integer: length in words",
    ),
    "file": _table(
        "file",
        "files",
        "path",
        80,
        path="file: path",
        owner="person: owner",
        project="project: project",
        size_kb="integer: size in kilobytes",
        modified="date: date of the last change",
        checksum="label: checksum",
    ),
    "mail": _table(
        "mail",
        "mails",
        "id",
        80,
        id="mail: id",
        sender="person: sender",
        subject="text: subject line",
        project="project: project",
        sent="date: date of sending",
    ),
    "event": _table(
        "event",
        "events",
        "id",
        80,
        id="event: id",
        title="text: title",
        organiser="person: organiser",
        city="city: city",
        date="date: date",
        start="time: starting time",
        duration_min="minutes: duration in minutes",
    ),
    "invoice": _table(
        "invoice",
        "invoices",
        "id",
        60,
        id="invoice: id",
        customer="company: customer",
        amount="money: amount",
        currency="currency: currency code",
        due="date: due date",
    ),
    "place": _table(
        "place",
        "places",
        "id",
        80,
        id="place: id",
        name="label: name",
        city="city: city",
        sort="label: sort",
        opens="time: opening time",
        rating="number: rating",
    ),
}
