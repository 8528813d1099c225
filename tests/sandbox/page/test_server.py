"""The page's door: only its own browser windows come in, and they get only what is theirs."""

import aiohttp
import pytest
from yarl import URL

from bot.sandbox.page.server import STATIC, PageServer
from bot.sandbox.slack import Message, Workspace
from bot.sandbox.slack.messages import SharedFile
from tests.sandbox.page.browser import Browser
from tests.sandbox.page.conftest import BOT, CHANNEL, SECRET_CHANNEL


async def status(session: aiohttp.ClientSession, url: str | URL, **headers: str) -> int:
    """The status with which a GET is answered."""
    async with session.get(url, headers=headers, allow_redirects=False) as response:
        return response.status


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
async def test_the_page_answers_to_its_own_names(
    page: PageServer, session: aiohttp.ClientSession, name: str
) -> None:
    """Each name of the loopback, with the page's port."""
    assert await status(session, page.url, Host=f"{name}:{page.port}") == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"],
)
@pytest.mark.parametrize("path", ["", "static/style.css", "link?as=U0ANA", "files/F1?as=U0ANA"])
async def test_the_page_answers_to_no_other_name(
    page: PageServer, session: aiohttp.ClientSession, host: str, path: str
) -> None:
    """A name that is made to point here (DNS rebinding) gets nothing."""
    url = f"{page.url}{path}"
    assert await status(session, url, Host=host.format(port=page.port)) == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
async def test_only_the_page_opens_the_link(
    page: PageServer, session: aiohttp.ClientSession, origin: str | None
) -> None:
    """A page of another origin could otherwise read and press everything."""
    headers = {} if origin is None else {"Origin": origin.format(port=page.port)}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(f"{page.url}link?as=U0ANA", headers=headers)
    assert refused.value.status == 403


@pytest.mark.parametrize("user", ["", "U0NOBODY", BOT, "U0OLD"])
async def test_only_people_have_windows(browser: Browser, user: str) -> None:
    """Nobody unknown, not the app itself, nobody who has left."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.connect(user)
    assert refused.value.status == 404


async def test_every_answer_forbids_what_the_page_does_not_need(
    page: PageServer, session: aiohttp.ClientSession
) -> None:
    """Refusals too: nothing from elsewhere, no frame around it, nothing kept."""
    for path in ("", "static/none.js", "nothing", "link?as=U0NOBODY"):
        async with session.get(f"{page.url}{path}") as response:
            headers = response.headers
            assert headers["Content-Security-Policy"].startswith("default-src 'none';"), path
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e%2fserver.py",
        "/static/..%5cserver.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/x/../../server.py",
        "/static/",
        "/static/index.html",
        "/static/.js",
        "/static/no.js",
        "/static/style.css%00.js",
        "/files/../static/style.css",
        "/files/..%2f..%2fserver.py?as=U0ANA",
        "/%2e%2e/server.py",
    ],
)
async def test_no_path_leaves_the_folder(
    page: PageServer, session: aiohttp.ClientSession, path: str
) -> None:
    """Whatever way a path is written, only the page's own files are served."""
    url = URL(f"http://127.0.0.1:{page.port}{path}", encoded=True)
    assert await status(session, url) in {400, 404}


async def test_the_files_of_the_page_are_served_as_what_they_are(
    page: PageServer, session: aiohttp.ClientSession
) -> None:
    """With `nosniff`, a script of another type would not run."""
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for path in STATIC.rglob("*"):
        if path.suffix in types:
            async with session.get(f"{page.url}static/{path.relative_to(STATIC)}") as response:
                assert response.status == 200, path
                assert response.content_type == types[path.suffix]


def share(workspace: Workspace, channel: str, **more: object) -> None:
    """Have the app share a file."""
    file = SharedFile("F00000001", 'rep"ort\r\n.md', "Report", b"<h1>text</h1>", BOT)
    ts = workspace.book.next_ts()
    workspace.book.add(
        Message(channel=channel, ts=ts, user=BOT, text="", files=(file,), **more)  # type: ignore[arg-type]
    )


async def test_a_shared_file_is_a_download_of_plain_text(
    page: PageServer, session: aiohttp.ClientSession, workspace: Workspace
) -> None:
    """Never a page of its own, whatever is in it, and with a name that can break no header."""
    share(workspace, CHANNEL)
    async with session.get(f"{page.url}files/F00000001?as=U0BEN") as response:
        assert await response.read() == b"<h1>text</h1>"
        assert response.content_type == "text/plain"
        assert response.headers["Content-Disposition"] == 'attachment; filename="rep_ort__.md"'


async def test_a_file_is_given_only_to_who_sees_its_message(
    page: PageServer, session: aiohttp.ClientSession, workspace: Workspace
) -> None:
    """Not to somebody outside the channel, not to nobody, and no file that is not there."""
    share(workspace, SECRET_CHANNEL)
    found = {
        user: await status(session, f"{page.url}files/F00000001?as={user}")
        for user in ("U0ANA", "U0BEN", "U0GUS", "U0NOBODY", "")
    }
    assert found == {"U0ANA": 200, "U0BEN": 404, "U0GUS": 404, "U0NOBODY": 404, "": 404}
    assert await status(session, f"{page.url}files/F00000002?as=U0ANA") == 404


async def test_a_private_file_is_given_to_its_person(
    page: PageServer, session: aiohttp.ClientSession, workspace: Workspace
) -> None:
    """Like the message that it is in."""
    share(workspace, CHANNEL, visible_to="U0ANA")
    assert await status(session, f"{page.url}files/F00000001?as=U0ANA") == 200
    assert await status(session, f"{page.url}files/F00000001?as=U0BEN") == 404
