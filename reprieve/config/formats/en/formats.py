"""English dates as British and American readers both take them: 27 Dec 2026, never 27/12 or 12/27."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j M"
