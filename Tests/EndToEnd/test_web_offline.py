"""The installed app without its server: a page that says so, and nothing of anybody's files."""

import pytest
from browser import App, chromium
from instance import OwnInstance

PASSWORD = "a password of these tests"


@pytest.fixture
def own():
    with OwnInstance() as instance:
        yield instance


def test_without_its_server_the_app_says_so_and_keeps_no_file(own, tmp_path):
    own.sql(f"select internal.create_user('dana@end-to-end.example', '{PASSWORD}', 'editor', null)")
    driver = chromium(tmp_path)
    try:
        app = App(driver, own["URL"], tmp_path)
        app.log_in(PASSWORD, "dana@end-to-end.example")
        app.wait_for_files()
        driver.execute_async_script("navigator.serviceWorker.ready.then(() => arguments[0]())")
        app.wait(lambda: app.run("return navigator.serviceWorker.controller !== null"), "the service worker")
        assert app.run("return document.querySelector('link[rel=manifest]').href").endswith("/assets/app.webmanifest")
        own.stop()
        app.open("/")
        assert "Coffer cannot be reached" in driver.find_element("tag name", "h1").text
        assert driver.execute_async_script("caches.keys().then(arguments[0])") == []
    finally:
        driver.quit()
