"""From files nobody has seen before to a layout, and from the layout to events."""
import os
from pathlib import Path

import pytest
import yaml

from builders import SUBSCRIBERS, account, ingest_again, put_down, rejects, shipped_params
from churnkit import cli
from churnkit.errors import InputError
from churnkit.extracts import layout_file
from churnkit.inspect.page import inspected
from churnkit.inspect.sniff import sniff

ROOT = Path(__file__).parent.parent
PUBLIC = Path(os.environ.get("CHURNKIT_PUBLIC_DATA") or ROOT.parent / "shared" / "data") / "cdr"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(name: str, text: str, encoding: str = "utf-8") -> Path:
    """A file nobody has seen before."""
    Path(name).write_bytes(text.encode(encoding))
    return Path(name)


def looked_at(*paths: Path) -> tuple[str, dict]:
    """What is said, and the layout proposed."""
    said, document = inspected(paths, "spill", "Asia/Shanghai")
    return said, document or {}


CALLS = "用户编码|对方号码|通话类型|业务类型|开始时间|通话时长|基站\n" + "".join(
    f"{1001 + n}|139{n:08}|{'主叫' if n % 2 else '被叫'}|{'语音' if n % 3 else '短信'}|202606{n + 1:02}08{n:02}00|0小时{n}分4秒|C{n}\n"
    for n in range(20))


@pytest.mark.parametrize(("text", "encoding", "found"), [
    ("a,b\n1,2\n", "utf-8", ("utf-8", ",", True)), ("甲|乙\n1|2\n", "gb18030", ("gb18030", "|", True)),
    ("1;2;3\n4;5;6\n", "utf-8", ("utf-8", ";", False)),
    ("a\tb\n1\t2\n", "utf-16", ("utf-16", "\t", True)), ("a\x01b\n1\x012\n", "utf-16-le", ("utf-16-le", "\x01", True)),
    ("姓名,月份\n王,202606\n", "utf-8-sig", ("utf-8", ",", True)), ("a,b\né,2\n", "latin-1", ("latin-1", ",", True)),
    ("Übertragung;Menge\nSüd;2\n", "cp1252", ("latin-1", ";", True)), ("姓名,月份\n王,202606\n", "big5", ("big5", ",", True))])
def test_encoding_delimiter_and_header_are_told_from_the_bytes(text, encoding, found):
    file = sniff(written("x", text * 20, encoding))
    assert (file.encoding, file.delimiter, file.has_header) == found


def test_a_file_in_chinese_is_understood_column_by_column_and_its_layout_reads_it():
    said, document = looked_at(written("yd_202606.txt", CALLS, "gb18030"))
    (entry,) = document["files"]
    assert (entry["extract"], entry["glob"], entry["encoding"], entry["delimiter"]) == ("calls", ["yd_*.txt"], "gb18030", "|")
    assert entry["map"] == {
        "subscriber_id": "用户编码", "other_party": "对方号码", "kind": {"field": "业务类型", "codes": {"短信": "sms", "语音": "voice"}},
        "direction": {"field": "通话类型", "codes": {"主叫": "out", "被叫": "in"}}, "happened_at": {"field": "开始时间", "format": "%Y%m%d%H%M%S"},
        "duration_s": {"field": "通话时长", "unit": "seconds"}, "cell_id": "基站"}
    assert "20 rows read, 20 would be accepted" in said


def test_no_full_number_is_shown():
    said, _ = looked_at(written("yd_202606.txt", CALLS, "gb18030"))
    assert "139****" in said
    assert "13900000001" not in said


def test_what_unknown_codes_stand_for_is_asked_and_a_layout_without_the_answer_is_refused():
    rows = [f"1990000{n:04};199111{n:05};{'ZBX'[n % 3]};{n + 1:02}/06/2026 08:00:00;{'' if n % 3 == 2 else '75:04'};{'BC'[n % 2]}" for n in range(20)]
    said, document = looked_at(written("hd_202606.txt", "\n".join(["本机号码;对端号码;呼叫类型;起始时间;通话时长;长途类型", *rows, ""]), "gb18030"))
    (entry,) = document["files"]
    codes = {"field": "呼叫类型", "codes": {"B": "?", "X": "?", "Z": "?"}}
    assert (entry["map"]["direction"], entry["map"]["kind"], entry["map"]["duration_s"]) == (codes, codes, {"field": "通话时长", "unit": "mm:ss"})
    assert "(which is out, in or forwarded?)" in said
    assert "0 would be accepted" in said
    Path("layouts").mkdir()
    Path("layouts/hd.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    with pytest.raises(cli.ParameterError, match="'direction' does not say yet what 'B', 'X', 'Z' stands for: one of out, in, forwarded, or null"):
        layout_file.load("hd")


def test_subscribers_keep_id_and_number_and_words_for_nothing_are_nulls():
    rows = [f"JD{n:07};20260630;1990000{n:04};20210306;后;{'个物'[n % 2]};江东省/青石市/老街;{'无' if n % 3 else '20270305'}" for n in range(20)]
    head = "用户号;数据日期;手机号码;入网日期;付费方式;用户类型;归属地;合约到期日"
    said, document = looked_at(written("yh_20260630.csv", "\n".join([head, *rows, ""]), "gb18030"))
    (entry,) = document["files"]
    assert (entry["extract"], entry["nulls"], entry["map"]["subscriber_id"], entry["map"]["msisdn"]) == ("subscribers", ["无"], "用户号", "手机号码")
    assert entry["map"]["contract_end_on"] == {"field": "合约到期日", "format": "%Y%m%d"}
    assert entry["map"]["payment_kind"]["codes"] == {"后": "postpaid"}
    assert "(which is voice, data_only, iot, sub_line, company, test or staff?)" in said


def test_codes_of_two_files_of_one_kind_come_together_in_one_entry():
    files = [written(f"x_{day}.csv", "user_id,peer,start_time,direction,kind,dura\n" + "".join(
        f"{n},199111{n:05},2026-06-{day} 08:00:{n:02},{codes[n % 2]},voice,60\n" for n in range(20))) for day, codes in ((10, "ZB"), (11, "ZQ"))]
    _, document = looked_at(*(file.rename(file.name.replace("x_", "x")) for file in files))
    (entry,) = document["files"]
    assert entry["glob"] == ["x*.csv"]
    assert entry["map"]["direction"] == {"field": "direction", "codes": {"B": "?", "Q": "?", "Z": "?"}}


def test_what_has_no_place_and_what_is_not_known_is_said():
    said, _ = looked_at(written("x.csv", "user_id,peer,start_time,dir,shade\n" + "".join(
        f"{n},139{n:08},2026-06-01 08:00:{n:02},{'MO' if n % 2 else 'XX'},blue\n" for n in range(20))))
    assert "not placed: 'shade', 1 codes, such as blue" in said
    assert "assumed: nothing in the file says it" in said
    assert "duration_s" not in said.split("A layout")[1]
    assert "20 × a voice leg needs its duration" in said


def test_rows_with_numbers_that_would_be_rejected_are_not_counted_as_accepted():
    said, _ = looked_at(written("x.csv", "msisdn,peer,start_time,call_type,kind,dura\n" + "".join(
        f"1990000{n:04},199111{n:05},2026-06-01 08:00:{n:02},out,voice,{'' if n < 3 else 60}\n" for n in range(20))))
    assert "most like calls" in said
    assert "20 rows read, 17 would be accepted" in said
    assert "3 × a voice leg needs its duration" in said


def test_a_file_that_a_shipped_layout_fits_is_named_with_it():
    said, document = looked_at(written("subscribers_2026-06.csv", SUBSCRIBERS))
    assert "fits the layout canonical as subscribers." in said
    assert not document


def test_a_file_called_like_an_own_layout_that_does_not_fit_says_why_before_another_is_proposed():
    Path("layouts").mkdir()
    Path("layouts/south.yaml").write_text("files:\n  - {extract: bills, glob: 'fee_*.csv', map: {subscriber_id: user_id, bill_month: month, "
                                          "total_cents: {field: total, unit: yuan}}}\n", "utf-8")
    said, document = looked_at(written("fee_202606.csv", "user_id,month,total\n" + "".join(f"{n},2026-06,{n}.x\n" for n in range(20))))
    assert "is called like bills of the layout south, which does not fit: 20 × total_cents has a code, amount or form that the layout" in said
    assert document["files"][0]["extract"] == "bills"


ODD = {
    "clock_less.txt": "手机号|客户姓名|入网日期|套餐|状态|月租\n13800000001|王|2020/1/5|甲|正常|59.00\n13800000002|李|2021/3/9|乙|停机|99.00\n",
    "dates.txt": "手机号|入网日期|状态\n13800000001|2020/1/5|正常\n13800000002|2021/3/9|停机\n",
    "calls.csv": "手机号,对方号码,主被叫,时长\n13800000001,13900000002,主叫,60\n13800000002,13900000001,被叫,6\n",
    "bills.csv": "手机号,话费\n13800000001,59.90\n13800000002,99.00\n",
    "empty.csv": "msisdn,status,when\n13800000001,,\n13800000002,,\n", "blank.txt": "手机号|日期|状态\n||\n||\n",
    "no_rows.csv": "msisdn,start_time,peer,call_type\n", "digits.csv": "13800000001,20200105\n13800000002,20200106\n",
    "twice.csv": "msisdn,msisdn,MSISDN,status,status\n13800000001,1,1,a,b\n13800000002,2,2,a,b\n",
  
    "names.csv": "raw_happened_at,odd_status,holder,broken_rule,t0\n1,2,3,4,5\n6,7,8,9,10\n",
    "sql.csv": "select,from,\"a \"\"b\"\"\"\n1,2,3\n4,5,6\n"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_whatever_a_file_lacks_something_is_said_of_it(encoding):
    said, _ = looked_at(*(written(name, text, encoding) for name, text in ODD.items()))
    assert [name for name in ODD if f"{name}: " not in said] == []


@pytest.mark.parametrize("header", ["msisdn|name|date|state", "手机号|客户姓名|入网日期|状态"])
def test_what_an_extract_needs_and_the_file_lacks_is_named_and_so_are_the_rows_that_it_costs(header):
    said, _ = looked_at(written("state.txt", f"{header}\n13800000001|zhang|2020/1/5|ok\n13800000002|li|2021/3/9|stop\n"))
    assert "happened_at               no  nothing in the file looks like it, and status_changes needs it" in said
    assert "2 × happened_at is empty" in said
    assert "2 rows read, 0 would be accepted" in said


@pytest.mark.parametrize("text", ["msisdn\n13800000001\n", "\n\n", "手机号~状态\n13800000001~开\n"])
def test_a_file_of_one_column_is_refused_in_words(text):
    with pytest.raises(InputError, match=r"one\.txt: neither a delimiter nor a fixed width is to be seen"):
        looked_at(written("one.txt", text))


@pytest.mark.parametrize(("name", "said"), [("here", "here is a folder; name its files, such as here/*."),
                                            ("a.zip", "a.zip is a zip archive or a spreadsheet: unpack it, or have it saved as CSV.")])
def test_a_folder_and_an_archive_are_named_as_what_they_are(name, said):
    Path("params.yaml").write_text(shipped_params(), "utf-8")
    Path("here").mkdir()
    Path("a.zip").write_bytes(b"PK\x03\x04" + bytes(50))
    with pytest.raises(InputError) as refused:
        cli.app(["inspect", name])
    assert str(refused.value) == said


def test_a_fixed_width_and_a_trailer_are_seen():
    fixed = sniff(written("f", "".join(f"{n:<6}139{n:08} 20260605\n" for n in range(30))))
    assert fixed.widths == {"c1": 6, "c2": 12, "c3": 8}
    piped = sniff(written("p", "".join(f"{n}|5\n" for n in range(30)) + "TOTAL 30\n"))
    assert (piped.trailer, len(piped.rows)) == (r"TOTAL\ ([0-9]+)", 30)


def test_the_command_writes_a_layout_that_loads_and_overwrites_nothing(capsys):
    Path("params.yaml").write_text(shipped_params(), "utf-8")
    Path("layouts").mkdir()
    written("yd_202606.txt", CALLS, "gb18030")
    with pytest.raises(SystemExit, match="0"):
        cli.app(["inspect", "yd_202606.txt", "--out", "layouts/yd.yaml"])
    assert [entry.extract for entry in layout_file.load("yd").files] == ["calls"]
    assert yaml.safe_load(capsys.readouterr().out.split("A layout to begin with:")[1])["files"]
    with pytest.raises(cli.ParameterError, match=r"layouts/yd\.yaml exists"):
        cli.app(["inspect", "yd_202606.txt", "--out", "layouts/yd.yaml"])


@pytest.mark.skipif(not PUBLIC.exists(), reason="needs the public call records")
def test_bandicoots_files_go_from_inspect_to_events_with_every_row_accounted_for():
    names = ["A.csv", "ego.csv", "u_test.csv", "u_test2.csv"]
    said, document = looked_at(*(PUBLIC / "bandicoot" / name for name in [*names, "antennas.csv", "towers.csv"]))
    assert said.count("fits the layout bandicoot as calls") == 4
    assert said.count("like no extract that churnkit reads") == 2
    assert not document
    folder = put_down("2013-12..2014-12", {})
    for name in [*names, "antennas.csv", "towers.csv"]:
        (folder / name).write_bytes((PUBLIC / "bandicoot" / name).read_bytes())
    ingest_again("2013-12..2014-12", "calls", layouts=("bandicoot",), max_reject_share=0.01)
    read, accepted, rejected, duplicates = account("calls", "2013-12..2014-12")
    assert read == sum((PUBLIC / "bandicoot" / name).read_bytes().rstrip(b"\n").count(b"\n") + (name == "u_test.csv") for name in names)
    assert (read, rejected) == (accepted + duplicates, 0)


@pytest.mark.skipif(not PUBLIC.exists(), reason="needs the public call records")
def test_call_records_of_a_stranger_go_from_inspect_to_events_with_every_row_accounted_for():
    source = PUBLIC / "np_dl_telco/cdr.csv"
    Path("layouts").mkdir()
    _, document = looked_at(source)
    assert set(document["files"][0]["map"]["kind"]["codes"].values()) == {"?"}  # Local, National, ...: how far, not voice or sms
    document["files"][0]["map"]["kind"] = {"constant": "voice"}
    Path("layouts/stranger.yaml").write_text(yaml.safe_dump(document), "utf-8")
    numbers = sorted({line.split(",")[1] for line in source.read_text().splitlines()[1:]})
    folder = put_down("2014-01..2014-12", {"subscribers": SUBSCRIBERS.splitlines(True)[0] + "".join(
        f"u{n},2014-12-31,{number},2013-01-01,postpaid,voice,江西/南昌/东湖,,\n" for n, number in enumerate(numbers))})
    (folder / "cdr.csv").write_bytes(source.read_bytes())
    ingest_again("2014-01..2014-12", "subscribers", "calls", layouts=("canonical", "stranger"), max_reject_share=0.05)
    read, accepted, rejected, duplicates = account("calls", "2014-01..2014-12")
    assert read == source.read_bytes().rstrip(b"\n").count(b"\n")
    assert read == accepted + rejected + duplicates
    assert accepted > 0.95 * read, {r["message"] for r in rejects("2014-01..2014-12")}


def test_three_files_of_a_stranger_go_from_inspect_to_events_in_one_layout():
    calls = "".join(f"{1001 + n % 2};139{n:08};{'mo' if n % 2 else 'mt'};{'voice' if n % 3 else 'sms'};2026/06/{n + 1:02} 08:00:00;{n * 7};\n"
                    for n in range(20))
    files = [written("usage-0601.log", "subs_id;peer;way;sort;began;dura;\n" + calls),
             written("fatura_202606.csv", "user_id,cycle,total_fee,paid_amount,pay_date\n" + "".join(
                 f"{1001 + n},202606,{59 + n}.90,{59 + n}.90,2026070{n + 1}\n" for n in range(2))),
             written("optin.txt", "user_id|when|channel|agreed\n1001|2026-06-05 09:00:00|call|Y\n1002|2026-06-05 10:00:00|sms|N\n", "utf-16")]
    said, document = looked_at(*files)
    assert [entry["extract"] for entry in document["files"]] == ["calls", "bills", "consents"], said
    Path("layouts").mkdir()
    Path("layouts/stranger.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    folder = put_down("2026-06", {"subscribers": SUBSCRIBERS})
    for file in files:
        file.rename(folder / file.name)
    ingest_again("2026-06", "subscribers", "calls", "bills", "consents", layouts=("canonical", "stranger"), max_reject_share=0.0)
    assert [account(name) for name in ("calls", "bills", "consents")] == [(20, 20, 0, 0), (2, 2, 0, 0), (2, 2, 0, 0)]
