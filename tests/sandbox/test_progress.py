import io

from sandbox.binaries.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_now_and_then() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for done in range(1, 1000):
        progress.step("building", done, 1000)
    assert stream.getvalue() == "building: 1 of 1000 (0 %)\n"


def test_a_terminal_gets_one_line_that_changes() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress.step("building", 1, 4)
    progress.step("building", 4, 4)
    progress.say("built")
    assert stream.getvalue() == (
        "\r\x1b[2Kbuilding: 1 of 4 (25 %)\r\x1b[2Kbuilding: 4 of 4 (100 %)\nbuilt\n"
    )


def test_an_unknown_total_is_not_invented() -> None:
    stream = io.StringIO()
    Progress(stream).step("fetching", 3)
    assert stream.getvalue() == "fetching: 3\n"
