"""Files of names: what is read of them, and the one sentence about a file that cannot be used."""

from pathlib import Path

import pytest

from ads_pipeline.pipeline.lookups import Lookup, changed_lookups
from ads_pipeline.settings import load_settings
from tests.unit.test_own_files import put


def read(tmp_path: Path, content: bytes, name: str = "campaign_id") -> Lookup:
    put(tmp_path / "sql", f"lookups/{name}.csv", "")
    (tmp_path / "sql" / "lookups" / f"{name}.csv").write_bytes(content)
    settings = load_settings(home=tmp_path, sql_dir=tmp_path / "sql")
    (lookup,) = changed_lookups(None, settings, exists=False)  # type: ignore[arg-type]
    return lookup


@pytest.mark.parametrize(
    "content",
    [
        b'key,name\nc1,Spring sale\nc2,"Auto, 2nd"\n',
        b'\xef\xbb\xbfkey,name\r\nc1,Spring sale\r\n\r\nc2,"Auto, 2nd"',
        b'name,owner,key\nSpring sale,ann,c1\n"Auto, 2nd",bob,c2\n',
    ],
)
def test_a_file_in_each_of_its_forms(tmp_path: Path, content: bytes) -> None:
    lookup = read(tmp_path, content)
    assert (lookup.names, lookup.reason) == ((("c1", "Spring sale"), ("c2", "Auto, 2nd")), "")


def test_a_file_without_names_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, b"key,name\n").names == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "needs one column 'key' in its heading, which is ''"),
        (b"key;name\nc1;x\n", "which is 'key;name': write key,name"),
        (b"key,title\nc1,x\n", "needs one column 'name'"),
        (b"key,name,name\nc1,x,y\n", "needs one column 'name'"),
        (b"key,name\nc1,x\nc2,y\nc1,x\n", "has the key 'c1' in lines 2 and 4: leave one out"),
        (b"key,name\nc1,Sale, spring\n", "has 3 cells in line 2 and 2 in its heading"),
        (b"key,name\nc1\n", "has 1 cells in line 2"),
        ("key,name\nc1,Köln\n".encode("latin-1"), "is not UTF-8 (byte 14): save it as UTF-8"),
        ("key,name\nc1,x\n".encode("utf-16"), "is not UTF-8 (byte 1)"),
        (b'key,name\nc1,"x\n', "unexpected end of data"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    lookup = read(tmp_path, content)
    assert lookup.reason.startswith(f"lookup campaign_id: {tmp_path / 'sql/lookups/campaign_id.csv'} ")
    assert reason in lookup.reason
    assert "\n" not in lookup.reason


def test_a_name_that_no_dimension_can_have(tmp_path: Path) -> None:
    assert "is not named for a dimension" in read(tmp_path, b"key,name\n", "campaign-id").reason


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "sql" / "lookups" / "ad_id.csv").mkdir(parents=True)
    (lookup,) = changed_lookups(None, load_settings(home=tmp_path, sql_dir=tmp_path / "sql"), exists=False)  # type: ignore[arg-type]
    assert "cannot be read" in lookup.reason
