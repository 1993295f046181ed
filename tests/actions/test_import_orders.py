"""All or nothing, every problem named, and harmless to repeat."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions import import_orders as module
from reprieve.actions.import_orders import (
    ImportCollided,
    Imported,
    ImportRefused,
    PracticeUnknown,
    import_orders,
)
from reprieve.actions.place_order import place_order
from reprieve.catalog.models import PricedPer, Product
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed
from reprieve.orders.building import Details, LineDetails, OrderInvalid
from reprieve.orders.models import Order, OrderLine, Status
from reprieve.orders.order_csv import FileUnreadable, Problem
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog

HEADER = "practice,reference,patient,product,teeth,quantity,requested_delivery,payment_terms,note,submitted_at"
CROWN = "ELM,AB-1,J.D.,Crowns product,,2,2026-03-20,weekly,Shade A2,2026-03-01T09:30:00-05:00"
GUARD = "ELM,AB-2,M.K.,Guards product,,,,,,"

type Import = Callable[..., Imported]


def in_numbers(cast: Cast, text: str) -> bytes:
    """The file with the numbers of the two practices in the place of ELM and HARBOUR."""
    return text.replace("ELM", cast.practice.number).replace("HARBOUR", cast.other_practice.number).encode()


@pytest.fixture
def load(cast: Cast, catalog: Catalog) -> Import:
    """Import these rows below the usual header."""

    def load(*rows: str, header: str = HEADER, practice: str = "", now: datetime = NOON) -> Imported:
        content = in_numbers(cast, "\n".join([header, *rows]))
        return import_orders(content=content, actor=SYSTEM, now=now, practice=practice)

    return load


@pytest.fixture
def per_tooth(catalog: Catalog) -> Product:
    product = catalog.products["crowns"]
    product.priced_per = PricedPer.TOOTH
    product.save()
    return product


def problems_of(load: Import, *rows: str, **how: str) -> list[Problem]:
    with pytest.raises(ImportRefused) as refusal:
        load(*rows, **how)
    assert not Order.objects.exists()
    assert not Event.objects.exists()
    return refusal.value.problems


def test_imports_an_order_as_the_file_has_it(load: Import, cast: Cast, catalog: Catalog) -> None:
    (order,) = load(CROWN).new
    order = Order.objects.get(pk=order.pk)
    assert order.practice == cast.practice
    assert order.customer_reference == "AB-1"
    assert order.patient_reference == "J.D."
    assert order.requested_delivery == date(2026, 3, 20)
    assert order.payment_terms == PaymentTerms.WEEKLY
    assert order.note == "Shade A2"
    assert order.submitted_at == order.status_since == datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
    assert order.status == Status.PROCESSING
    assert order.placed_by is None
    line = order.lines.get()
    assert (line.product, line.product_name, line.family) == (catalog.products["crowns"], "Crowns product", "crowns")
    assert (line.quantity, line.unit_price_minor, line.currency) == (2, 12000, "USD")


def test_takes_what_the_file_leaves_open_from_the_practice_and_the_moment(load: Import, cast: Cast) -> None:
    (order,) = load(GUARD).new
    assert order.payment_terms == PaymentTerms.PER_CASE
    assert order.submitted_at == NOON
    assert order.requested_delivery is None
    assert order.lines.get().quantity == 1


def test_records_that_the_order_was_imported_and_when(load: Import) -> None:
    (order,) = load(CROWN).new
    event = Event.objects.get()
    assert (event.type, event.subject, event.subject_id) == (EventType.ORDER_IMPORTED, "order", order.pk)
    assert event.at == NOON
    assert sentence(event) == "Reprieve imported the case as AB-1."


def test_several_rows_with_one_reference_are_lines_of_one_order(load: Import) -> None:
    second = "ELM,AB-1,J.D.,Guards product,,1,,,,"
    (order,) = load(CROWN, GUARD, second).new[:1]
    assert Order.objects.count() == 2
    assert [line.family for line in order.lines.all()] == ["crowns", "guards"]
    assert Event.objects.count() == 2


def test_what_rules_ask_of_its_lines_stands_in_the_order(load: Import) -> None:
    second = "ELM,AB-1,J.D.,Guards product,,1,,,,"
    third = second.replace("Guards", "Design").replace("AB-1", "AB-9")
    orders = {order.customer_reference: Order.objects.get(pk=order.pk) for order in load(CROWN, second, third).new}
    told = {reference: (it.families, it.amount_minor, it.fabricated) for reference, it in orders.items()}
    assert told == {"AB-1": ("|crowns||guards|", 36000, True), "AB-9": ("|design|", 12000, False)}


def test_the_same_reference_of_two_practices_is_two_orders(load: Import, cast: Cast) -> None:
    load(CROWN, CROWN.replace("ELM", "HARBOUR"))
    assert set(Order.objects.values_list("practice", flat=True)) == {cast.practice.pk, cast.other_practice.pk}


def test_product_names_and_numbers_are_found_whatever_their_capitals_and_spaces(load: Import, cast: Cast) -> None:
    load(f'" {cast.practice.number.lower()} ",AB-1,J.D.,CROWNS  product,,,,,,')
    assert Order.objects.get().practice == cast.practice


def test_counts_the_teeth_of_what_is_priced_per_tooth(load: Import, per_tooth: Product) -> None:
    load('ELM,AB-1,J.D.,Crowns product,"6-8, 3 8",,,,,')
    line = OrderLine.objects.get()
    assert line.teeth == [3, 6, 7, 8]
    assert line.quantity == 4


def test_importing_twice_imports_nothing_the_second_time(load: Import) -> None:
    load(CROWN, GUARD)
    before = json.dumps(list(Order.objects.values()), default=str)
    again = load(CROWN, GUARD, now=NOON + timedelta(days=60))
    assert again.new == []
    assert [order.customer_reference for order in again.already_there] == ["AB-1", "AB-2"]
    assert again.different == []
    assert json.dumps(list(Order.objects.values()), default=str) == before
    assert Event.objects.count() == OrderLine.objects.count() == 2


def test_what_is_there_stays_importable_when_its_product_is_taken_off_the_list(load: Import) -> None:
    load(CROWN)
    Product.objects.update(active=False)
    assert load(CROWN).new == []


def test_new_rows_beside_old_ones_are_imported(load: Import) -> None:
    load(CROWN)
    result = load(CROWN, GUARD)
    assert [order.customer_reference for order in result.new] == ["AB-2"]
    assert [order.customer_reference for order in result.already_there] == ["AB-1"]


@pytest.mark.parametrize(
    "change",
    [
        ("J.D.", "X.Y."),
        ("Shade A2", "Shade B1"),
        (",2,", ",3,"),
        ("Crowns", "Veneers"),
        ("weekly", "monthly"),
        ("2026-03-20", "2026-03-21"),
        ("09:30", "09:31"),
    ],
)
def test_names_an_order_that_is_there_with_another_content_and_leaves_it(load: Import, change: tuple[str, str]) -> None:
    load(CROWN)
    before = list(Order.objects.values()), list(OrderLine.objects.values())
    result = load(CROWN.replace(*change))
    assert [order.customer_reference for order in result.different] == ["AB-1"]
    assert result.new == []
    assert (list(Order.objects.values()), list(OrderLine.objects.values())) == before


def test_a_bad_line_keeps_the_good_ones_out_too(load: Import) -> None:
    assert problems_of(load, GUARD, CROWN.replace("2026-03-20", "20.3.2026")) == [
        Problem(3, "requested_delivery", "“20.3.2026” is no date. Write year-month-day, such as 2026-12-01.")
    ]


def test_every_problem_is_reported_at_its_line_and_column(load: Import) -> None:
    found = problems_of(
        load,
        "ELM,AB-1,J.D.,Crown product,,,,,,",
        "P-9999,AB-2,J.D.,Crowns product,,,,,,",
        'ELM,AB-3,J.D.,Guards product,,,,,"A note\nof two lines",',
        "ELM,AB-4,,Guards product,33,0,2026-03-04,cash,,2027-01-01T00:00:00Z",
        "ELM,AB-5,J.D.,Guards product,33,,,,,",
        "ELM,AB-6,J.D.,Guards product,,0,2026-03-04,,,2026-03-04T12:00:00Z",
        "ELM,AB-7,J.D.,Guards product,,,,,,2026-03-04T12:00:01Z",
    )
    assert [(problem.line, problem.column) for problem in found] == [
        (2, "product"),
        (3, "practice"),
        (6, "patient"),
        (6, "payment_terms"),
        (7, "teeth"),
        (8, "quantity"),
        (8, "requested_delivery"),
        (9, "submitted_at"),
    ]
    assert found[0].what == "There is no product “Crown product”. Did you mean “Crowns product”?"
    assert found[1].what == (
        "There is no practice “P-9999”. Write the practice's number. The console's list of practices has it."
    )
    assert found[7].what == "This lies in the future."


def test_a_refusal_shows_no_more_problems_than_somebody_would_read(load: Import) -> None:
    with pytest.raises(ImportRefused) as refusal:
        load(*(f"ELM,AB-{n},J.D.,Nothing,,,,,," for n in range(60)))
    assert refusal.value.why == "The file has 60 problems."
    assert len(refusal.value.shown) == 50


def test_lines_of_one_order_that_disagree_are_a_problem_at_the_later(load: Import) -> None:
    other = CROWN.replace("J.D.", "X.Y.").replace("Shade A2", "Shade B1")
    assert problems_of(load, CROWN, other) == [
        Problem(3, "note", "The lines of order AB-1 disagree: “Shade A2” before, “Shade B1” here."),
        Problem(3, "patient", "The lines of order AB-1 disagree: “J.D.” before, “X.Y.” here."),
    ]


def test_a_quantity_that_contradicts_the_teeth_is_a_problem(load: Import, per_tooth: Product) -> None:
    assert problems_of(load, 'ELM,AB-1,J.D.,Crowns product,"8, 9",3,,,,') == [
        Problem(2, "quantity", "The teeth make 2, but the quantity is 3. Leave the quantity empty.")
    ]


def test_a_product_that_can_no_longer_be_ordered_is_a_problem(load: Import) -> None:
    Product.objects.update(active=False)
    assert problems_of(load, GUARD) == [Problem(2, "product", "Guards product can no longer be ordered.")]


def test_a_name_brings_orders_to_nobody_and_the_numbers_that_it_may_mean_are_named(load: Import, cast: Cast) -> None:
    twin = Practice.objects.create(name="elm street  dental")
    (problem,) = problems_of(load, GUARD.replace("ELM", "Elm Street Dental"))
    assert (problem.line, problem.column) == (2, "practice")
    assert problem.what == (
        "“Elm Street Dental” is a name. Write the practice's number: "
        f"{cast.practice.number} (Elm Street Dental) or {twin.number} (elm street  dental)."
    )


def test_a_misspelt_name_is_answered_with_the_number_that_may_be_meant(load: Import, cast: Cast) -> None:
    (problem,) = problems_of(load, GUARD.replace("ELM", "Elm Stret Dental"))
    assert problem.what == (
        "There is no practice “Elm Stret Dental”. Write the practice's number. "
        f"Did you mean {cast.practice.number} (Elm Street Dental)?"
    )


def test_many_practices_of_one_name_are_not_all_named(load: Import) -> None:
    Practice.objects.bulk_create(Practice(name="ELM street dental") for _ in range(9))
    (problem,) = problems_of(load, GUARD.replace("ELM", "Elm Street Dental"))
    assert problem.what.endswith(" or 5 more.")
    assert problem.what.count("P-") == 5


def test_practices_that_take_the_name_of_another_block_nobody(load: Import, cast: Cast) -> None:
    Practice.objects.create(name=cast.practice.name)
    load(GUARD)
    assert Order.objects.get().practice == cast.practice


def test_too_long_for_its_column_is_a_problem(load: Import) -> None:
    found = problems_of(load, GUARD.replace("M.K.", "M" * 61), GUARD.replace("AB-2", "A" * 61))
    assert [(problem.line, problem.column) for problem in found] == [(2, "patient"), (3, "reference")]


def test_a_file_may_leave_out_the_practice_if_it_is_said_for_all(load: Import, cast: Cast) -> None:
    header = HEADER.removeprefix("practice,")
    load(GUARD.removeprefix("ELM,"), header=header, practice=cast.other_practice.number)
    assert Order.objects.get().practice == cast.other_practice


def test_refuses_a_line_for_another_practice_than_was_said_for_all(load: Import, cast: Cast) -> None:
    (problem,) = problems_of(load, GUARD, practice=cast.other_practice.number)
    assert (problem.line, problem.column) == (2, "practice")
    assert problem.what == (
        f"The file is imported for {cast.other_practice.number} (Harbour Smiles), "
        f"but this line is for {cast.practice.number} (Elm Street Dental)."
    )


def test_refuses_to_import_for_all_of_a_name(load: Import, cast: Cast) -> None:
    with pytest.raises(PracticeUnknown) as refusal:
        load(GUARD, practice="Harbour Smiles")
    assert refusal.value.why == (
        f"“Harbour Smiles” is a name. Write the practice's number: {cast.other_practice.number} (Harbour Smiles)."
    )
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_is_the_managers_work_alone(cast: Cast, catalog: Catalog, name: str) -> None:
    with pytest.raises(NotAllowed):
        import_orders(content=in_numbers(cast, f"{HEADER}\n{GUARD}"), actor=cast.actor(name), now=NOON)
    assert not Order.objects.exists()


def test_a_manager_is_named_as_who_placed_it(cast: Cast, catalog: Catalog) -> None:
    import_orders(content=in_numbers(cast, f"{HEADER}\n{GUARD}"), actor=cast.actor("manager"), now=NOON)
    assert Order.objects.get().placed_by == cast.manager


def test_a_collision_is_told_and_changes_nothing(load: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    load(CROWN)
    monkeypatch.setattr(module, "_existing", lambda _: {})  # as if the other import were not committed when we looked
    with pytest.raises(ImportCollided) as refusal:
        load(GUARD, CROWN)
    assert "Import the file again" in refusal.value.remedy
    assert Order.objects.count() == Event.objects.count() == 1


def test_locks_nothing_while_it_reads_builds_and_checks(
    load: Import, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noting(name: str) -> Callable[..., Any]:
        original = getattr(module, name)

        def noted(*args: object, **kwargs: object) -> object:
            transactions[name] = len(connection.savepoint_ids)
            return original(*args, **kwargs)

        return noted

    transactions: dict[str, int] = {}
    for name in ("read_orders", "build_line", "check_details", "build_order", "_existing", "_write"):
        monkeypatch.setattr(module, name, noting(name))
    load(GUARD)
    before, inside = transactions["read_orders"], transactions["read_orders"] + 1
    assert transactions == {
        "read_orders": before,
        "build_line": before,
        "check_details": before,
        "build_order": before,
        "_existing": inside,
        "_write": inside,
    }


def test_placing_an_order_with_a_reference_that_was_imported_is_refused(
    load: Import, cast: Cast, catalog: Catalog
) -> None:
    (order,) = load(CROWN).new
    with pytest.raises(OrderInvalid) as refusal:
        place_order(
            practice_id=cast.practice.pk,
            actor=cast.actor("owner"),
            wanted=[LineDetails(catalog.products["crowns"].pk)],
            details=Details(patient_reference="J.D.", customer_reference="AB-1"),
            now=NOON,
        )
    assert refusal.value.field == "customer_reference"
    assert order.number in refusal.value.why
    assert Order.objects.count() == 1


def test_five_thousand_lines_take_few_queries(
    load: Import, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [f"ELM,AB-{n // 2},J.D.,Guards product,,,,,," for n in range(5000)]
    with django_assert_max_num_queries(40):
        assert len(load(*rows).new) == 2500
    with CaptureQueriesContext(connection) as second:
        assert len(load(*rows).already_there) == 2500
    assert len(second) < 20
    assert OrderLine.objects.count() == 5000


def test_an_unreadable_file_imports_nothing(cast: Cast, catalog: Catalog) -> None:
    with pytest.raises(FileUnreadable):
        import_orders(content=f"{HEADER}\n{GUARD}".encode("utf-16"), actor=SYSTEM, now=NOON)
    assert not Order.objects.exists()
