import re
from pathlib import Path

from reprieve.demo.people import PASSWORD, PRACTICES, SIGN_INS, STAFF

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_whom_the_demo_names() -> None:
    assert dict(re.findall(r"^\| `(\S+@\S+)` \| (.+?) \|$", README, re.MULTILINE)) == SIGN_INS
    assert f"the password of everybody is `{PASSWORD}`" in README


def test_whoever_is_named_takes_part() -> None:
    people = {email for _terms, _plan, people in PRACTICES.values() for email in people}
    assert SIGN_INS.keys() <= people | STAFF.keys()
