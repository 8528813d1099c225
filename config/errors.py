"""The one error of this package: something that the owner wrote down cannot be used."""


class ConfigError(Exception):
    """What has to be corrected, one line for each mistake; never a secret, never a value.

    The text is ready to be printed.
    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
