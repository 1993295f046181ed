"""Money is stored as an integer of the currency's minor unit: exact on every database, whatever the decimals."""

from copy import copy
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale, localedata
from babel.numbers import NumberFormatError, NumberPattern, parse_decimal
from django.utils.translation import get_language, gettext, to_locale
from moneyed import CURRENCIES, Money, get_currency

LARGEST_MINOR = 10**15  # fits a database's big integer with room for sums


def is_currency(code: str) -> bool:
    """Whether there is a currency of this ISO 4217 code."""
    return code in CURRENCIES


def decimals(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD. Raises CurrencyDoesNotExist."""
    return len(str(get_currency(currency).sub_unit)) - 1


def from_minor(minor: int, currency: str) -> Money:
    """12000 minor units of EUR are 120.00 EUR; of JPY, 12,000 JPY."""
    return Money(Decimal(minor).scaleb(-decimals(currency)), currency)


def to_minor(money: Money) -> int:
    """The exact inverse of `from_minor`. Raises ValueError where the amount has more decimals than its currency."""
    minor = money.amount.scaleb(decimals(money.currency.code))
    if minor != minor.to_integral_value():
        raise ValueError(f"{money.amount} {money.currency.code} is finer than the currency's smallest coin.")
    return int(minor)


def parse_minor(text: str, currency: str) -> int:
    """Minor units from what a person typed in the way of their language, such as `1,250.50`.

    Raises ValueError with a sentence that says what to type instead. Letters and underscores are no part of an amount:
    what Python reads as one, such as 1e3, is no way in which people write money.
    """
    places = decimals(currency)
    try:
        if any(letter.isalpha() or letter == "_" for letter in text):
            raise ValueError(f"{text} is no amount.")  # noqa: TRY301 - one sentence answers every mistake
        amount = parse_decimal(text.strip(), locale=locale(), strict=True)
        if not amount.is_finite():
            raise ValueError(f"{text} is no amount.")  # noqa: TRY301 - the same
        minor = to_minor(Money(amount, currency))
        if abs(minor) > LARGEST_MINOR:
            raise ValueError(f"{text} is too large.")  # noqa: TRY301 - the same
        return minor  # noqa: TRY300
    except (NumberFormatError, InvalidOperation, ValueError) as problem:
        example = f"{Decimal(120).quantize(Decimal(1).scaleb(-places))}"
        words = {"currency": currency, "example": example}
        raise ValueError(gettext("Write an amount in %(currency)s like %(example)s.") % words) from problem


def display(money: Money) -> str:
    """The amount as its reader writes it: $120.00, 120,00 €, ¥12,000.

    With the decimals that it is kept with, also in a currency whose small coins have gone out of use: nothing that is
    charged is rounded away before somebody's eyes.
    """
    code = money.currency.code
    here = locale()
    return str(_pattern(here, decimals(code)).apply(money.amount, here, currency=code, currency_digits=False))


def locale() -> Locale:
    """How numbers are written in the language that is spoken now: as nearly as it is known, else as in English."""
    return _locale(get_language() or "en")


@cache
def _locale(language: str) -> Locale:
    return Locale.negotiate([to_locale(language)], localedata.locale_identifiers()) or Locale("en")


@cache
def _pattern(locale: Locale, places: int) -> NumberPattern:
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = places, places
    return pattern
