"""Importing: a good file becomes a run, a bad one a message, a row never disappears, a parcel never counts twice."""

from __future__ import annotations

import gzip
import io
import re

import pandas as pd
import pytest

from carbon import Ledger


@pytest.fixture
def rows(merchant) -> pd.DataFrame:
    """Return forty good rows under new ids, all text."""
    frame = pd.read_csv(merchant / "orders.csv", dtype=str, keep_default_na=False).head(20)
    more = frame.copy()
    frame["parcel_id"] = [f"A-{number}" for number in range(len(frame))]
    more["parcel_id"] = [f"B-{number}" for number in range(len(more))]
    return pd.concat([frame, more], ignore_index=True)


def _upload(test, content: bytes, name: str = "export.csv", role: str = "orders"):
    return test.file_uploader(key=f"upload_{role}").set_value((name, content, "application/octet-stream")).run()


def _press(test, start: str):
    next(each for each in test.button if each.label.startswith(start)).click()
    return test.run()


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _says(test, text: str) -> bool:
    return any(text in each.value for each in test.markdown)


def _labels(test) -> list[str]:
    return [each.label for each in test.button]


def test_a_good_file_becomes_a_run(open_app, empty, rows):
    """Proves the whole way from upload to a recorded run, with the counts said."""
    test = _upload(open_app(empty, "import"), _csv(rows))
    test = _press(test, "Check")
    assert _says(test, "40 rows: 40 can be calculated, 0 are refused")
    assert not Ledger(empty / "ledger").runs(), "checking records nothing"
    test = _press(test, "Calculate")
    assert not test.error and not test.exception
    assert test.success[0].value.startswith("40 parcels are recorded")
    (run,) = Ledger(empty / "ledger").runs()
    assert run.counts == {"rows": 40, "footprints": 40, "rejects": 0} and run.input_name == "export.csv"
    assert not any(label.startswith("Calculate and") for label in _labels(test)), "the same click cannot record twice"


@pytest.mark.parametrize("kind", ["gz", "xlsx", "parquet", "gbk"])
def test_other_kinds_of_files(open_app, empty, rows, kind):
    """Proves that Excel, Parquet, compressed and Chinese-encoded files are read as well."""
    buffer = io.BytesIO()
    rows["destination_city"] = "上海"
    rows["destination_country"] = "CN"
    if kind == "xlsx":
        rows.to_excel(buffer, index=False)
    elif kind == "parquet":
        rows.to_parquet(buffer)
    elif kind == "gz":
        buffer.write(gzip.compress(_csv(rows)))
    else:
        buffer.write(rows.to_csv(index=False).encode("gb18030"))
    name = {"gz": "export.csv.gz", "gbk": "export.csv"}.get(kind, f"export.{kind}")
    test = _press(_upload(open_app(empty, "import"), buffer.getvalue(), name), "Check")
    assert not test.error and not test.exception
    assert _says(test, "40 rows: 40 can be calculated, 0 are refused")


def test_bad_rows_are_listed_and_the_rest_is_recorded(open_app, empty, rows):
    """Proves that refused rows show with reason and mend, go nowhere silently, and can be downloaded."""
    rows.loc[3, "shipped_on"] = "2025-02-30"
    rows.loc[4, "destination_country"] = "Atlantis"
    rows.loc[5, "destination_city"] = "=1+1"
    rows.loc[6, "service"] = "no_such_service"
    test = _press(_upload(open_app(empty, "import"), _csv(rows)), "Check")
    assert _says(test, "40 rows: 37 can be calculated, 3 are refused")
    assert any("Atlantis" in str(each.value.to_dict()) for each in test.dataframe)
    test = _press(test, "Calculate")
    (run,) = Ledger(empty / "ledger").runs()
    assert run.counts == {"rows": 40, "footprints": 36, "rejects": 4}
    assert "**4 rows were refused**" in [each.value for each in test.markdown]
    assert [each for each in test.get("download_button") if "refused" in each.proto.label]


def test_the_download_of_rejects_runs_no_formula(merchant):
    """Proves that a formula in a refused cell comes back harmless."""
    from app import session
    from carbon.orders.rejects import Reject

    assert b'"\'=1+1",' in session.csv_of_rejects([Reject(1, "p", "destination_city", "=1+1", "formula", "x")])
    assert b"'=cmd" in session.csv_of(pd.DataFrame({"a": ["=cmd|x"], "b": [1.5]}))


BAD = {
    "empty": (b"", "export.csv"),
    "header only": (b"parcel_id,shipped_on\n", "export.csv"),
    "no column known": (b"a,b\n1,2\n", "export.csv"),
    "required missing": (b"parcel_id,destination_country\nx,GB\n", "export.csv"),
    "cut parquet": (b"PAR1 and then nothing", "export.parquet"),
    "no excel": (b"not a workbook", "export.xlsx"),
    "no gzip": (b"not compressed", "export.csv.gz"),
    "binary": (bytes(range(256)) * 20, "export.csv"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_a_message(open_app, empty, kind, language, words):
    """Proves that a file that cannot be used ends as one message with what to do, and nothing is recorded."""
    test = _upload(open_app(empty, "import", language), *BAD[kind])
    test = _press(test, {"en": "Check", "zh": "检查"}[language])
    assert not test.exception
    assert len(test.error) == 1 and "Traceback" not in words(test)
    assert {"en": "What to do", "zh": "处理办法"}[language] in test.error[0].value
    said = test.error[0].value.replace("\\", "")
    assert BAD[kind][1] in said and "/" + BAD[kind][1] not in said, "the file's own name, no path of this machine"
    assert not (empty / "ledger").exists()
    if language == "zh":
        # What a library said is quoted; what is wrong, what is expected and the way out are in the page's language.
        ours = [line for line in said.split("\n\n") if not line.startswith(("位置", "实际内容", "程序库原文"))]
        assert all(
            re.search("[\u4e00-\u9fff]", line.partition("：")[2] or line) or "parcel_id" in line for line in ours
        ), ours


def test_a_wrong_mapping_names_the_line(open_app, empty, rows):
    """Proves that a faulty mapping file is a message, too."""
    test = _upload(open_app(empty, "import"), _csv(rows))
    test = _upload(test, b"columns: {no_such_column: {from: x}}\n", "mapping.yaml", "mapping")
    test = _press(test, "Check")
    assert len(test.error) == 1 and "column" in test.error[0].value


def test_no_organisation_file_is_said_before_calculating(open_app, empty, rows, merchant):
    """Proves that a missing set-up stops the last step with a way out, and that it can be uploaded instead."""
    (empty / "organisation.yaml").unlink()
    test = _press(_upload(open_app(empty, "import"), _csv(rows)), "Check")
    assert any("organisation" in each.value for each in test.warning)
    assert not any(label.startswith("Calculate") for label in _labels(test))
    test = _upload(test, (merchant / "organisation.yaml").read_bytes(), "organisation.yaml", "organisation")
    test = _press(_press(test, "Check"), "Calculate")
    assert test.success and len(Ledger(empty / "ledger").runs()) == 1


def test_parcels_recorded_twice_are_refused_with_the_way_out(open_app, empty, rows):
    """Proves that a parcel counts once, that the app says so beforehand and after, and that replacing mends it."""
    _press(_press(_upload(open_app(empty, "import"), _csv(rows)), "Check"), "Calculate")
    test = _press(_upload(open_app(empty, "import"), _csv(rows)), "Check")
    assert any("recorded already" in each.value for each in test.warning)
    test = _press(test, "Calculate")
    assert any("Every usable row of this file is recorded already" in each.value for each in test.warning)
    first = Ledger(empty / "ledger").runs()[0].run
    test.selectbox(key="restate_en").select(first).run()
    test = _press(test, "Calculate and replace")
    assert not test.error, test.error
    assert test.success[0].value.startswith("40 parcels are recorded")
    assert sum(run.counts["footprints"] for run in Ledger(empty / "ledger").current()) == 40


def test_a_file_that_overlaps_adds_only_what_is_new(open_app, empty, rows):
    """Proves that of a file with old and new parcels only the new ones are recorded, and the way out is a button."""
    _press(_press(_upload(open_app(empty, "import"), _csv(rows.head(30))), "Check"), "Calculate")
    test = _press(_press(_upload(open_app(empty, "import"), _csv(rows)), "Check"), "Calculate")
    assert any(each.value.startswith("30 parcels were in an earlier run") for each in test.warning)
    assert sum(run.counts["footprints"] for run in Ledger(empty / "ledger").current()) == 40
    test = _press(test, "Calculate again")
    assert any(label.startswith("Calculate and record") for label in _labels(test))


def test_a_name_cannot_leave_the_upload_folder(open_app, empty, rows, tmp_path):
    """Proves that a file's name is never a path."""
    from app import session

    class Upload:
        name = "../../..\\evil/..name.csv"

        def getbuffer(self):
            return b"x"

    import streamlit as st

    st.session_state.pop("uploads", None)
    path = session.keep_upload(Upload(), "orders")
    assert path.name == "name.csv" and path.parent.name == "orders"


def test_a_run_that_fails_leaves_nothing(open_app, empty, rows, monkeypatch):
    """Proves that a failure in the middle of recording ends as a message, and the ledger holds no half run."""
    from carbon.errors import LedgerError
    from carbon.ledger.writer import RunWriter

    def full(self, part):
        raise LedgerError("ledger: the disk is full\n  mend:     free some space")

    monkeypatch.setattr(RunWriter, "add", full)
    test = _press(_press(_upload(open_app(empty, "import"), _csv(rows)), "Check"), "Calculate")
    assert "disk is full" in test.error[0].value and "free some space" in test.error[0].value
    assert Ledger(empty / "ledger").runs() == [] and not list((empty / "ledger" / "runs").iterdir())
