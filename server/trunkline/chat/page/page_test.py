"""Two people on the web page of a chat server, in headless Chromium: one on a desktop in light
colours, one on a phone in dark ones.

    page_test.py PROGRAM [--pictures FOLDER]
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60  # seconds, for anything that has to happen


class Chat:
    """A chat server of this program, on a port of its own."""

    def __init__(self, program, protocol, keeps=False):
        self.folder = tempfile.TemporaryDirectory()
        port_file = pathlib.Path(self.folder.name) / "port"
        self.program = program
        self.protocol = protocol
        self.flags = ["--history", str(port_file.parent / "kept")] if keeps else []
        self.start(port_file, 0)

    def start(self, port_file, port):
        self.process = subprocess.Popen(
            [self.program, "chat", "--protocol", self.protocol, "--port", str(port),
             "--port-file", str(port_file), *self.flags],
            stdout=subprocess.PIPE, text=True)
        assert "ws://" in self.process.stdout.readline(), "the server does not say where it is"
        self.port = int(port_file.read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def restart_killed(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.start(pathlib.Path(self.folder.name) / "port", self.port)


class Page:
    """The chat's page as one person has it open."""

    def __init__(self, chat, width, height, scheme):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.get(f"http://127.0.0.1:{chat.port}/")
        self.until(lambda: self.has("state", "open"), "is not online")

    def at(self, name):
        return self.driver.find_element(By.ID, name)

    def has(self, name, kind):
        return kind in self.at(name).get_attribute("class").split()

    def texts(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)",
            selector)

    def until(self, holds, otherwise):
        WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: holds(), otherwise)

    def say(self, text):
        self.until(lambda: self.at("send").is_enabled(), "cannot send")
        self.at("text").send_keys(text + "\n")

    def sees(self, text, selector="#log li"):
        self.until(lambda: any(text in one for one in self.texts(selector)),
                   f"does not see: {text}")

    def has_heard(self, texts):
        """All of them, in this order, and nothing else."""
        self.sees(texts[-1], "#log .said")
        assert self.texts("#log .said") == texts, self.texts("#log .said")

    def go_offline(self):
        self.driver.execute_script("wait = 1e9; socket.close();")
        self.until(lambda: self.has("state", "lost"), "is still online")

    def come_back(self):
        self.driver.execute_script("wait = firstWait; connect();")
        self.until(lambda: self.has("state", "open"), "is not online again")

    def fits(self):
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth")

    def colour(self):
        return self.driver.execute_script(
            "return getComputedStyle(document.body).backgroundColor")

    def complaints(self):
        return [one["message"] for one in self.driver.get_log("browser")
                if one["level"] == "SEVERE"]


def talk(chat, pictures):
    ann = Page(chat, 1100, 700, "light")
    bea = Page(chat, 390, 780, "dark")
    try:
        assert ann.colour() != bea.colour(), "light is dark"
        ann.say("/name Ann")
        bea.say("/name Bea")
        bea.sees("Ann", "#people li")
        ann.say("hello <b>there</b>")
        bea.sees("hello <b>there</b>", "#log .said")
        bea.say("a long word: " + "x" * 300)
        ann.sees("a long word", "#log .said")
        assert bea.texts("#log .mine .said") == ["a long word: " + "x" * 300]
        assert ann.fits() and bea.fits(), "something is wider than the page"
        ann.until(lambda: set(ann.texts("#people li")) == {"Ann", "Bea"}, "people are missing")
        assert ann.at("count").text == "2"
        if pictures:
            for name, page in (("desktop", ann), ("phone", bea)):
                page.driver.save_screenshot(str(pictures / f"{chat.protocol}-{name}.png"))

        # Another room: nobody hears the other one, both see where people are.
        bea.at("menu").click()
        bea.until(lambda: bea.has("side", "shown"), "there is no menu")
        bea.at("room").send_keys("tea time\n")
        bea.until(lambda: bea.at("title").text == "tea time", "is not in the room")
        assert not bea.has("side", "shown")
        bea.say("is nobody here?")
        bea.sees("is nobody here?", "#log .said")
        ann.sees("Bea", "#log .notice")
        ann.until(lambda: ann.texts("#people li") == ["Ann"], "Bea is still there")
        assert "is nobody here?" not in ann.texts("#log .said")
        ann.sees("tea time1", "#rooms li")
        ann.say("/room tea time")
        bea.sees("Ann", "#people li")
        ann.say("now there is")
        bea.sees("now there is", "#log .said")

        # The server goes and comes back: what is typed meanwhile stays, names and rooms too.
        chat.stop()
        ann.until(lambda: ann.has("state", "lost") or ann.has("state", "connecting"),
                  "does not see that the server has gone")
        assert not ann.at("send").is_enabled()
        ann.at("text").send_keys("typed meanwhile\n")
        assert ann.at("text").get_attribute("value") == "typed meanwhile"
        chat.start(pathlib.Path(chat.folder.name) / "port", chat.port)
        for page in (ann, bea):
            page.until(lambda page=page: page.has("state", "open"), "does not come back")
        bea.sees("Ann", "#people li")
        ann.at("text").send_keys("\n")
        bea.sees("typed meanwhile", "#log .said")
        wrong = [one for page in (ann, bea) for one in page.complaints()
                 if "ERR_CONNECTION" not in one and "WebSocket" not in one]
        assert not wrong, wrong
    finally:
        ann.driver.quit()
        bea.driver.quit()


def come_back(chat):
    """History at the start, after a lost connection, in another room, and after kill -9."""
    ann = Page(chat, 1100, 700, "light")
    bea = None
    try:
        ann.say("/name Ann")
        said = [f"before {i}" for i in range(5)]
        for text in said:
            ann.say(text)
        ann.has_heard(said)
        bea = Page(chat, 390, 780, "dark")
        bea.has_heard(said)
        assert bea.texts("#log .mine .said") == [], "somebody else's words are Bea's"
        bea.go_offline()
        for i in range(3):
            said.append(f"meanwhile {i}")
            ann.say(said[-1])
        bea.come_back()
        bea.has_heard(said)
        bea.say("back again")
        said.append("back again")
        ann.has_heard(said)
        bea.has_heard(said)
        bea.go_offline()
        ann.say("the last words")
        said.append("the last words")
        ann.has_heard(said)
        chat.restart_killed()
        ann.until(lambda: ann.has("state", "open"), "does not come back")
        bea.come_back()
        bea.has_heard(said)
        ann.until(lambda: ann.at("send").is_enabled(), "cannot send")
        ann.say("after it")
        said.append("after it")
        for page in (ann, bea):
            page.has_heard(said)
        ann.say("/room tea")
        ann.until(lambda: ann.at("title").text == "tea", "is not in the room")
        ann.say("in the other room")
        ann.has_heard(["in the other room"])
        ann.say("/room general")
        ann.until(lambda: ann.at("title").text == "general", "is not back")
        ann.has_heard(said)
    finally:
        ann.driver.quit()
        if bea:
            bea.driver.quit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pictures", type=pathlib.Path)
    given = parser.parse_args()
    for protocol in ("binary", "json"):
        chat = Chat(os.path.abspath(given.program), protocol)
        try:
            talk(chat, given.pictures)
        finally:
            chat.stop()
        chat = Chat(os.path.abspath(given.program), protocol, keeps=True)
        try:
            come_back(chat)
        finally:
            chat.stop()
        print(f"{protocol}: passed", flush=True)


if __name__ == "__main__":
    sys.exit(main())
