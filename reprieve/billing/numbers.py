"""Numbers of documents: one after the other, none missing and none twice, also where what wanted one is undone."""

from django.db import connection

from reprieve.billing.models import InvoiceKind, NumberSequence
from reprieve.lib import identifiers


def lock_numbers(kind: InvoiceKind) -> NumberSequence:
    """The last number of this kind, locked until the transaction ends: whoever wants the next one waits for it.

    A transaction that is undone gives its numbers back with everything else.
    """
    sequences = NumberSequence.objects.select_for_update()
    return sequences.get_or_create(key=kind.value, defaults={"last": identifiers.OFFSET})[0]


def take(sequence: NumberSequence, count: int) -> None:
    sequence.last += count
    sequence.save(update_fields=["last"])


def take_one(kind: InvoiceKind) -> int:
    """Take the next number of this kind, locked like the others, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO billing_numbersequence (key, last) VALUES (%s, %s)
            ON CONFLICT (key) DO UPDATE SET last = billing_numbersequence.last + 1 RETURNING last
            """,
            [kind.value, identifiers.OFFSET + 1],
        )
        return int(cursor.fetchone()[0])
