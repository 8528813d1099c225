"""Opening the page in the visitor's own browser, where there is one."""

import os
import threading
import webbrowser
from typing import Final

NO_BROWSER: Final = "No browser could be opened here: open that address in one yourself."


def open_browser(url: str) -> bool:
    """Open the address in a browser, in the background; return whether there is any.

    A browser that would take the terminal for itself (lynx, w3m) counts as none, unless the
    visitor has named it in `BROWSER`.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(browser) is webbrowser.GenericBrowser and "BROWSER" not in os.environ:
        return False
    # Some browsers are waited for: that must hold up neither the demo nor its end.
    threading.Thread(target=browser.open, args=(url,), daemon=True).start()
    return True
