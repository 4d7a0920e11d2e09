"""The run file: a right one is read as it says, a wrong one is refused with file, line, key and next step."""

from __future__ import annotations

import json
import pickle
import tempfile
import tomllib
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.demonstration import write_run_file
from conformance.errors import RunFileError
from conformance.sut.run_file import RunFile, at_endpoint, load, without_secrets
from conformance.sut.run_file_structure import SCHEMA_FILE, schema
from conformance.sut.run_file_text import Answers, RoleAnswer, ServiceAnswer, template
from conformance.sut.secrets import Secret, SecretReference, resolve
from conformance.sut.toml_lines import key_lines, line_of

KNOWN = {"resident-registry": {"1.0": frozenset({"bulk-export", "household-certificate"})}}

RIGHT = """\
format = "conformance-run-file/1"
environment = "test"

[body]
code = "131016"

[product]
name = "住民記録"
version = "2026.1"
vendor = "Example Systems"

[services.resident-registry]
version = "1.0"
base_url = "https://registry.example.test/resident-registry/v1/"
options = ["bulk-export"]

[services.resident-registry.options_not_supported]
household-certificate = "次期版で対応 / planned for the next release"

[services.resident-registry.roles]
viewer = "reader"

[auth]
token_url = "https://login.example.test/oauth/token"

[auth.roles.clerk]
method = "client_secret_basic"
client_id = "suite-clerk"
secret = { env = "CLERK_SECRET" }

[auth.roles.reader]
method = "private_key_jwt"
client_id = "suite-reader"
key = { file = "keys/reader.pem" }
scopes = ["registry:read"]

[auth.roles.auditor]
method = "tls_client_auth"
client_id = "suite-auditor"
certificate = { file = "auditor.pem" }
key = { file = "auditor.key" }

[tls]
ca_file = "ca.pem"

[upper_tester]
base_url = "https://registry.example.test/upper-tester/v1"
role = "clerk"

[limits]
requests_per_second = 50
timeout_seconds = 2.5

[generation]
seed = 42
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "conformance.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> RunFileError:
    with pytest.raises(RunFileError) as caught:
        load(written(tmp_path, text), KNOWN)
    return caught.value


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_right_run_file_is_read_as_it_says(tmp_path: Path) -> None:
    """Claim: everything a run file says arrives. Stimulus: all tables. Expected: the values; the body's name and type
    from its code; URLs without a slash at the end; files relative to the run file; defaults for the rest."""
    run_file = load(written(tmp_path, RIGHT), KNOWN)
    assert (run_file.body.code, run_file.body.name, run_file.body.type) == ("131016", "千代田区", "special_ward")
    service = run_file.services["resident-registry"]
    assert service.base_url == "https://registry.example.test/resident-registry/v1"
    assert service.options == ("bulk-export",)
    assert run_file.role("resident-registry", "viewer") == "reader"
    assert run_file.role("resident-registry", "clerk") == "clerk"
    key = run_file.auth.roles["reader"].key
    assert key is not None
    assert key.file == str(tmp_path.resolve() / "keys/reader.pem")
    assert run_file.auth.roles["auditor"].method == "tls_client_auth"
    assert run_file.tls.ca_file == str(tmp_path.resolve() / "ca.pem")
    assert run_file.limits.requests_per_second == 50
    assert run_file.limits.connections == 16
    assert run_file.generation.seed == "42"


def test_run_file_cannot_be_changed(tmp_path: Path) -> None:
    """Claim: a run file is a frozen value. Stimulus: set a field. Expected: AttributeError."""
    run_file = load(written(tmp_path, RIGHT), KNOWN)
    with pytest.raises(AttributeError):
        run_file.environment = "production"  # type: ignore[misc]


def test_the_schema_is_a_schema_and_accepts_the_right_file() -> None:
    """Claim: run_file.schema.json is valid JSON Schema 2020-12 and describes the format. Stimulus: the file above.
    Expected: the schema is valid, so is the data."""
    loaded = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(loaded)
    assert jsonschema_rs.Draft202012Validator(loaded).is_valid(tomllib.loads(RIGHT))


def test_the_schema_and_the_values_have_the_same_fields() -> None:
    """Claim: schema and structs are kept in step. Stimulus: the names on both sides. Expected: the same."""
    definitions = schema()["$defs"]
    run_file = {field.name: field for field in msgspec.structs.fields(RunFile)}
    assert set(schema()["properties"]) == set(run_file) - {"path"}
    for name, struct in (
        ("service", run_file["services"].type.__args__[1]),
        ("role", msgspec.structs.fields(run_file["auth"].type)[1].type.__args__[1]),
        *((name, run_file[name].type) for name in ("body", "product", "auth", "tls", "limits", "generation")),
    ):
        assert set(definitions[name]["properties"]) == {field.name for field in msgspec.structs.fields(struct)}, name


@pytest.mark.parametrize(
    ("old", "new", "key", "advice"),
    [
        ("base_url = ", "bsae_url = ", "services.resident-registry.bsae_url", "did you mean base_url"),
        ("[generation]", "[genertaion]", "genertaion", "did you mean generation"),
        ('client_id = "suite-clerk"', 'clientid = "x"', "auth.roles.clerk.clientid", "did you mean client_id"),
        ('code = "131016"', "code = 131016", "body.code", "a string in quotes"),
        ('code = "131016"', "code = 2026-04-01", "body.code", "a string in quotes"),
        ('code = "131016"', 'code = "13101"', "body.code", "check digit included"),
        ('code = "131016"', 'code = "131017"', "body.code", "131016"),
        ('code = "131016"', 'code = "011011"', "body.code", "011002"),
        ('code = "131016"', 'code = "999997"', "body.code", "published list"),
        ('environment = "test"', 'environment = "production"', "environment", 'environment = "test"'),
        ('version = "1.0"', 'version = "1.1"', "services.resident-registry.version", "published: 1.0"),
        ('["bulk-export"]', '["bulk-exprot"]', "services.resident-registry.options", "did you mean bulk-export"),
        ("services.resident-registry]", "services.resident-registy]", "services.resident-registy", "did you mean"),
        ("household-certificate =", "bulk-export =", "options_not_supported.bulk-export", "remove it from one"),
        ("https://registry.example.test/resident", "ftp://x/resident", "resident-registry.base_url", "http"),
        ("https://registry.example.test/resident", "https://user:pw@x/resident", "resident-registry.base_url", "user"),
        ("https://registry.example.test/resident", "https://x:99999/resident", "resident-registry.base_url", "http"),
        ('token_url = "https://login.example.test/oauth/token"', "", "auth.roles.clerk.method", "add token_url"),
        ('viewer = "reader"', 'viewer = "raeder"', "services.resident-registry.roles.viewer", "did you mean reader"),
        ('role = "clerk"', 'role = "tester"', "upper_tester.role", "published: auditor"),
        ('"client_secret_basic"', '"client_secret_basik"', "auth.roles.clerk.method", "client_secret_basic"),
        ('client_id = "suite-clerk"\n', "", "auth.roles.clerk", "add client_id"),
        ('{ env = "CLERK_SECRET" }', '{ env = "A", file = "b" }', "auth.roles.clerk.secret", "either"),
        ('{ env = "CLERK_SECRET" }', "{}", "auth.roles.clerk.secret", "either"),
        ('{ env = "CLERK_SECRET" }', '{ env = "not a name" }', "auth.roles.clerk.secret.env", "environment variable"),
        ('key = { file = "auditor.key" }', 'key = { env = "K" }', "auth.roles.auditor.key", ""),
        ("requests_per_second = 50", "requests_per_second = -1", "limits.requests_per_second", "within"),
        ("requests_per_second = 50", "requests_per_second = nan", "limits.requests_per_second", "a number"),
        ("timeout_seconds = 2.5", "timeout_seconds = 0", "limits.timeout_seconds", "within"),
        ("seed = 42", "seed = true", "generation.seed", "an integer or a string in quotes"),
        ('format = "conformance-run-file/1"', 'format = "conformance-run-file/9"', "format", "conformance-run-file/1"),
    ],
)
def test_a_wrong_run_file_is_refused_with_place_and_advice(
    tmp_path: Path, old: str, new: str, key: str, advice: str
) -> None:
    """Claim: every mistake is told with file, line, key and next step. Stimulus: the right file with one mistake.
    Expected: RunFileError that names the line where the mistake stands, its key, and what to do."""
    assert old in RIGHT
    text = RIGHT.replace(old, new)
    error = refused(tmp_path, text)
    path, line, told = error.where.split(":", 2)
    assert path.endswith("conformance.toml")
    assert key in told
    assert advice in error.next_step
    if new:
        assert int(line) == line_with(text, new.splitlines()[0])


@pytest.mark.parametrize("place", ["secret", "key", "certificate"])
def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path, place: str) -> None:
    """Claim: secrets cannot stand in the run file. Stimulus: one that does. Expected: an error that says so, with the
    two right ways, and without the secret."""
    error = refused(tmp_path, RIGHT.replace('secret = { env = "CLERK_SECRET" }', f'{place} = "hunter2-hunter2"', 1))
    assert "may not stand in the run file" in error.what
    assert "env =" in error.next_step
    assert "file =" in error.next_step
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"format = ", "not TOML"),
        (b'a = "\nb = 1', "not TOML"),
        (b"a = " + b"[" * 100_000, "not TOML"),
        ("名前 = 1".encode("cp932"), "UTF-8"),
        (b"#" * (1024 * 1024 + 1), "1 MiB"),
        (b"", "format is missing"),
    ],
)
def test_what_is_no_run_file_is_refused(tmp_path: Path, data: bytes, part: str) -> None:
    """Claim: anything may be given as a run file without a traceback. Stimulus: broken TOML, deep nesting, another
    encoding, a huge file, nothing. Expected: RunFileError with a next step."""
    path = tmp_path / "conformance.toml"
    path.write_bytes(data)
    with pytest.raises(RunFileError) as caught:
        load(path)
    assert part in caught.value.what
    assert caught.value.next_step


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """Claim: a path that is no file is told. Stimulus: none, and a folder. Expected: RunFileError naming it."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(RunFileError) as caught:
            load(path)
        assert caught.value.where == str(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Claim: files of Windows editors are read. Stimulus: a byte order mark first. Expected: the same run file."""
    path = tmp_path / "conformance.toml"
    path.write_bytes(b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode())
    assert load(path, KNOWN).body.code == "131016"


def test_a_ministry_has_no_code(tmp_path: Path) -> None:
    """Claim: a ministry is named by itself. Stimulus: type and name. Expected: that body; without the name an error."""
    ministry = RIGHT.replace('code = "131016"', 'type = "ministry"\nname = "デジタル庁"')
    assert load(written(tmp_path, ministry), KNOWN).body.type == "ministry"
    error = refused(tmp_path, RIGHT.replace('code = "131016"', 'type = "ministry"'))
    assert "name is missing" in error.what


def test_the_archive_gets_no_secret_and_no_folder(tmp_path: Path) -> None:
    """Claim: what is archived of a run file tells neither secrets nor folders. Stimulus: the right file. Expected: the
    names of variable and files, JSON, and nowhere the folder."""
    told = without_secrets(load(written(tmp_path, RIGHT), KNOWN))
    assert told["auth"]["roles"]["clerk"]["secret"] == {"env": "CLERK_SECRET"}
    assert told["auth"]["roles"]["reader"]["key"] == {"file": "reader.pem"}
    assert str(tmp_path) not in json.dumps(told)


def test_a_bare_endpoint_needs_no_file() -> None:
    """Claim: `--spec FILE --url URL` runs without a run file. Stimulus: a URL. Expected: that service, no roles."""
    run_file = at_endpoint("http://127.0.0.1:1/v1/", "petstore")
    assert run_file.services["petstore"].base_url == "http://127.0.0.1:1/v1"
    assert not run_file.auth.roles


ANSWERS = Answers(
    services=(
        ServiceAnswer(
            "resident-registry", "1.0", "https://x.test/v1", ("bulk-export",), {"household-certificate": "無"}
        ),
    ),
    roles=(
        RoleAnswer("clerk", "client_secret_jwt", "clerk", "CLERK_SECRET"),
        RoleAnswer("viewer", "private_key_jwt", "viewer", "viewer.pem", in_file=True),
        RoleAnswer("auditor", "tls_client_auth", "auditor", "auditor.key", certificate="auditor.pem"),
        RoleAnswer("tester", "bearer", "", "TESTER_TOKEN"),
    ),
    body_code="131016",
    product_name='住民 "記録"',
    product_version="1",
    vendor="Example \\ Systems",
    token_url="https://x.test/oauth/token",  # noqa: S106  a URL
    upper_tester_url="https://x.test/upper-tester/v1",
    upper_tester_role="tester",
    ca_file="ca.pem",
)


def test_what_init_writes_is_a_right_run_file(tmp_path: Path) -> None:
    """Claim: `conformance init` writes a file that runs. Stimulus: answers with quotes and backslashes. Expected: it
    loads, with every answer in it, and has comments in Japanese and English."""
    text = template(ANSWERS)
    run_file = load(written(tmp_path, text), KNOWN)
    assert run_file.product.name == '住民 "記録"'
    assert run_file.product.vendor == "Example \\ Systems"
    assert {name: role.method for name, role in run_file.auth.roles.items()} == {
        role.name: role.method for role in ANSWERS.roles
    }
    assert run_file.upper_tester is not None
    assert run_file.services["resident-registry"].options_not_supported == {"household-certificate": "無"}
    assert "# 団体" in text
    assert "# Body" in text


def test_what_init_writes_without_roles_and_for_a_ministry_loads(tmp_path: Path) -> None:
    """Claim: the smallest answers are enough. Stimulus: a service and a ministry. Expected: it loads."""
    answers = msgspec.structs.replace(
        ANSWERS, roles=(), upper_tester_url="", ca_file="", token_url="", ministry="総務省", body_code=""
    )
    assert load(written(tmp_path, template(answers)), KNOWN).body.name == "総務省"


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=100))
def test_any_answer_survives_the_file(answer: str) -> None:
    """Claim: no answer can break the file or add to it. Stimulus: any text as the vendor. Expected: it comes back."""
    data = tomllib.loads(template(msgspec.structs.replace(ANSWERS, vendor=answer)))
    assert data["product"]["vendor"] == answer


def test_lines_are_found_behind_strings_of_several_lines() -> None:
    """Claim: the line told is right. Stimulus: a multi-line string with what looks like keys. Expected: real lines."""
    lines = key_lines('a = """\nb = 1\n[c]\n"""\nb = 2\n[c."d e"]\nf.g = 3\n')
    assert (lines[("b",)], lines[("c",)], lines["c", "d e", "f", "g"]) == (5, 6, 7)
    assert line_of(lines, ("c", "d e", "nothing")) == 6


def test_a_secret_does_not_show_itself() -> None:
    """Claim: a secret cannot slip into output. Stimulus: str, repr, format, logging, pickle. Expected: never shown."""
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {secret!s} {secret:>30} {[secret]} {'%s' % secret}"  # noqa: UP031  the old way too
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_come_from_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: both ways work. Stimulus: a variable; a file with a line break at its end. Expected: the secret."""
    monkeypatch.setenv("SUITE_SECRET", "from-env")
    (tmp_path / "secret").write_bytes(b"from-file\r\n")
    assert resolve(SecretReference(env="SUITE_SECRET")).reveal() == "from-env"
    assert resolve(SecretReference(file=str(tmp_path / "secret"))).reveal() == "from-file"


def test_a_missing_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a secret that is not there is a configuration error. Stimulus: no variable, an empty one, no file, an
    empty, a binary and a huge one. Expected: RunFileError with the place in the run file and a next step."""
    monkeypatch.delenv("SUITE_SECRET", raising=False)
    monkeypatch.setenv("SUITE_EMPTY", "")
    for name, data in (("empty", b"\n"), ("binary", b"\xff\xfe"), ("huge", b"x" * 70_000)):
        (tmp_path / name).write_bytes(data)
    references = [SecretReference(env=name, where="f:1: s") for name in ("SUITE_SECRET", "SUITE_EMPTY")]
    references += [
        SecretReference(file=str(tmp_path / name), where="f:1: s") for name in ("none", "empty", "binary", "huge")
    ]
    for reference in references:
        with pytest.raises(RunFileError) as caught:
            resolve(reference)
        assert caught.value.where == "f:1: s"
        assert caught.value.next_step


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_a_run_file_that_is_written_for_the_reference_can_be_read_whatever_stands_in_it(name: str, url: str) -> None:
    """Claim: what `demo` writes is TOML. Stimulus: names of folders and addresses with quotes, backslashes, control
    characters and signs of any script. Expected: read again, the same."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / f"a{name}"[:20]
        folder.mkdir()
        role = {"method": "client_secret_basic", "client_id": url, "secret": "s"}
        path = write_run_file(folder, {"services": {}, "body": "131016"}, {"token_url": url, "roles": {"clerk": role}})
        read = tomllib.loads(path.read_text("utf-8"))["auth"]
    assert read["token_url"] == read["roles"]["clerk"]["client_id"] == url
    assert read["roles"]["clerk"]["secret"] == {"file": str(folder / "clerk.secret")}
