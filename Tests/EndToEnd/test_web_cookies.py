"""A browser that keeps no cookies: the login page says so instead of leading around in a circle."""

import pytest
from browser import App, chromium, quiet_console, setting  # noqa: F401

WORDS = "The browser does not keep Coffer's cookie"


@pytest.fixture(scope="module")
def app(tmp_path_factory, url):
    """Cookies are blocked for all sites."""
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium(downloads, **{"profile.default_content_setting_values.cookies": 2})
    yield App(driver, url, downloads)
    driver.quit()


def test_a_login_whose_cookie_is_not_kept_says_so_and_stays(app):
    app.log_in(setting("COFFER_EDITOR_PASSWORD"))
    app.wait_for_message(WORDS)
    assert app.address() == "/login"
    assert app.button("Log in").is_enabled()
