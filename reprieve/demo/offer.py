"""What the demo lab offers: product families, products with prices, and reasons."""

from collections.abc import Mapping

from reprieve.catalog.models import PricedPer, Product, ProductFamily, Reason, ReasonFor

TOOTH, ARCH, CASE = PricedPer.TOOTH, PricedPer.ARCH, PricedPer.CASE
USD = "USD"

# Key: name, and products with what a unit is and its price in cents.
FAMILIES: dict[str, tuple[str, list[tuple[str, PricedPer, int]]]] = {
    "design": (
        "Design services",
        [
            ("Crown design", TOOTH, 1900),
            ("Smile design with mock-up", CASE, 14500),
            ("Full-arch design", ARCH, 12500),
            ("Surgical guide design", CASE, 9500),
        ],
    ),
    "crowns": (
        "Crowns",
        [
            ("Full-contour zirconia crown", TOOTH, 12900),
            ("Layered zirconia crown", TOOTH, 16900),
            ("Lithium disilicate crown", TOOTH, 14900),
            ("Porcelain-fused-to-metal crown", TOOTH, 13500),
            ("Cast gold crown", TOOTH, 31000),
            ("Milled temporary crown", TOOTH, 4500),
        ],
    ),
    "bridges": (
        "Bridges",
        [
            ("Zirconia bridge", TOOTH, 13900),
            ("Porcelain-fused-to-metal bridge", TOOTH, 14200),
            ("Bonded wing bridge", CASE, 29000),
        ],
    ),
    "veneers": (
        "Veneers",
        [("Lithium disilicate veneer", TOOTH, 16500), ("Feldspathic veneer", TOOTH, 21500)],
    ),
    "dentures": (
        "Dentures",
        [
            ("Complete denture", ARCH, 34900),
            ("Acrylic partial denture", ARCH, 28900),
            ("Cast metal partial denture", ARCH, 44900),
            ("Denture reline", ARCH, 12000),
        ],
    ),
    "implants": (
        "Implants",
        [
            ("Custom titanium abutment", TOOTH, 21000),
            ("Screw-retained zirconia crown", TOOTH, 28900),
            ("Full-arch fixed hybrid", ARCH, 245000),
        ],
    ),
    "aligners": (
        "Clear aligners",
        [("Clear aligners, full course", CASE, 129000), ("Clear aligners, refinement", CASE, 35000)],
    ),
    "guards": (
        "Guards and appliances",
        [("Hard night guard", ARCH, 11000), ("Dual laminate night guard", ARCH, 13500), ("Sports guard", CASE, 6500)],
    ),
}
ONLY_FILES = ("design",)

CANCEL_REASONS = {
    "patient_rescheduled": "The patient rescheduled",
    "wrong_product": "Wrong product",
    "new_scans": "New scans are needed",
    "treatment_changed": "The treatment plan changed",
    "wrong_account": "Submitted under the wrong account",
    "duplicate": "Submitted twice",
    "too_slow": "It takes too long",
    "other": "Other",
}
PAUSE_REASONS = {
    "patient_away": "The patient is away",
    "more_time": "The patient needs more time to decide",
    "waiting_payment": "Waiting for payment",
    "waiting_insurance": "Waiting for the insurance",
    "new_scans": "New scans are coming",
    "other": "Other",
}


def lay_out() -> Mapping[str, list[Product]]:
    """Put everything into the database. The products of each family, by its key."""
    for what, reasons in ((ReasonFor.CANCEL, CANCEL_REASONS), (ReasonFor.PAUSE, PAUSE_REASONS)):
        Reason.objects.bulk_create(
            Reason(
                reason_for=what,
                key=key,
                label=label,
                is_other=key == "other",
                note_required=key == "other",
                position=position,
            )
            for position, (key, label) in enumerate(reasons.items())
        )
    products = {}
    for position, (key, (name, rows)) in enumerate(FAMILIES.items()):
        family = ProductFamily.objects.create(key=key, name=name, fabricated=key not in ONLY_FILES, position=position)
        products[key] = Product.objects.bulk_create(
            Product(name=product, family=family, priced_per=per, price_minor=price, currency=USD, position=place)
            for place, (product, per, price) in enumerate(rows)
        )
    return products
