#!/usr/bin/env python3
"""An operator's day in a real browser, against a broker with 300 endpoints that takes 1,000 events a second.

    operators_day.py WARDLINE [--screenshots DIR] [--events N]

WARDLINE is the program to test. Needs chromium and chromium-driver (Debian) and selenium (PyPI). Prints one line a step
and exits 1 at the first that fails. Everything runs on loopback in a temporary folder."""
import argparse
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PROVIDERS, EVENTS_A_MESSAGE = 148, 3
MESSAGE = ("MSH|^~\\&|GHH_ADT|GHH|RIVERSIDE|HIE|20261201101500+0000||ADT^A01^ADT_A01|{id}|P|2.5.1\r"
           "EVN||20261201101500+0000\rPID|1||{patient}^^^GHH^MR||EVERYWOMAN^EVE||19700115|F|||"
           "1 Harbor Street^^Riverside^IL^60546^USA^H||^PRN^PH^^1^708^5551234|||||||||||||||||Y\r"
           "PV1|1|I|4NORTH^12^A^GHH||||1234^WELBY^MARCUS^^^DR|||MED|||||||||V{patient}^^^GHH^VN\r")


class Exchange:
    """A broker with its folder, receivers and senders."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.root = tempfile.mkdtemp(prefix="wardline-browser-")
        self.children = []
        self.clinic = self.receiver("clinic")
        self.write()
        self.broker = self.start("serve", "--interfaces", "Interfaces", "--data", "var", log="broker.log")
        self.ready = json.loads(self.broker.stdout.readline())
        with open(f"{self.root}/broker.log") as log:
            self.token = next(line.strip() for line in log if line.startswith("wardline_"))

    def start(self, *arguments, log):
        file = open(f"{self.root}/{log}", "w")
        child = subprocess.Popen([self.program, *arguments], cwd=self.root, stdout=subprocess.PIPE, stderr=file, text=True)
        self.children.append(child)
        return child

    def receiver(self, name):
        child = self.start("listen", "--bind", "127.0.0.1:0", "--format", "json", "--quiet", log=f"{name}.log")
        return json.loads(child.stdout.readline())["address"]

    def put(self, name, text):
        path = f"{self.root}/Interfaces/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def write(self):
        self.put("broker.yaml", "broker: riverside\nadmin: { bind: 127.0.0.1:0 }\n"
                                "listeners: { hospitals: { bind: 127.0.0.1:0, tls: off } }\n")
        self.put("providers/general-hospital.yaml",
                 "provider: general-hospital\nname: General Hospital\n"
                 "sends: [ { as: { facility: GHH }, timezone: America/Chicago } ]\n")
        self.put("providers/lakeside-clinic.yaml",
                 f"provider: lakeside-clinic\nname: Lakeside Clinic\nreceives:\n"
                 f"  inbox: {{ mllp: 'mllp://{self.clinic}', keepSent: true, edit: [ {{ set: {{ MSH-5: LAKESIDE }} }} ] }}\n"
                 f"  second: {{ mllp: 'mllp://{self.clinic}' }}\n")
        for number in range(PROVIDERS):
            name = f"practice-{number:03}"
            self.put(f"providers/{name}.yaml",
                     f"provider: {name}\nreceives:\n  inbox: {{ mllp: 'mllp://127.0.0.1:1' }}\n"
                     f"  results: {{ mllp: 'mllp://127.0.0.1:1' }}\n")
        self.put("providers/archive.yaml", "provider: archive\nreceives: { a: { folder: ../a }, b: { folder: ../b } }\n")
        self.put("routes/admissions.yaml", "route: admissions\nfrom: [general-hospital]\nwhen: MSH-9.1 = \"ADT\"\n"
                                           "to: [lakeside-clinic.inbox]\n")

    def run(self, *arguments, check=True):
        done = subprocess.run([self.program, *arguments], cwd=self.root, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise AssertionError(f"wardline {' '.join(arguments)}: {done.returncode} {done.stderr[-500:]}")
        return done.stdout

    def send(self, identifier, patient):
        with open(f"{self.root}/one.hl7", "w", newline="") as file:
            file.write(MESSAGE.format(id=identifier, patient=patient))
        self.run("send", "one.hl7", "--to", f"mllp://{self.ready['listeners']['hospitals']}")

    def feed(self, messages_a_second):
        """A stream of messages until the end."""
        with open(f"{self.root}/feed.hl7", "w", newline="") as file:
            file.write(MESSAGE.format(id="FEED", patient="F1"))
        return self.start("send", "feed.hl7", "--to", f"mllp://{self.ready['listeners']['hospitals']}", "--count", "1000000",
                          "--rate", str(messages_a_second), "--patients", "5000", "--window", "8", log="feed.log")

    def watch(self, count):
        """So many more consoles: each follows the log and asks for the wall every two seconds."""
        context = ssl._create_unverified_context()

        def get(path):
            request = urllib.request.Request(f"https://{self.ready['admin']}/api/v1/{path}",
                                             headers={"Authorization": f"Bearer {self.token}"})
            return urllib.request.urlopen(request, context=context, timeout=60)

        def follow():
            try:
                with get("events?last=0") as stream:
                    while stream.readline():
                        pass
            except OSError:
                pass

        def ask():
            try:
                while True:
                    get("wall").read()
                    time.sleep(2)
            except OSError:
                pass

        for action in [follow, ask] * count:
            threading.Thread(target=action, daemon=True).start()

    def cpu(self):
        """Seconds of processor time of the broker."""
        fields = open(f"/proc/{self.broker.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        shutil.rmtree(self.root, ignore_errors=True)


class Console:
    """The console in a browser, used with the keyboard alone."""

    def __init__(self, exchange, screenshots):
        self.exchange, self.screenshots = exchange, screenshots
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ["--headless=new", "--no-sandbox", "--ignore-certificate-errors", "--disable-gpu",
                         "--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        self.size(1280, 900)

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def dark(self, is_dark):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]})

    def open(self, path=""):
        self.driver.get(f"https://{self.exchange.ready['admin']}/{path}")

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def page(self, key):
        self.keys(Keys.ESCAPE)
        self.driver.execute_script("document.activeElement?.blur()")
        self.keys("g")
        self.keys(key)

    def text(self):
        return self.driver.execute_script("return document.body?.innerText ?? ''")

    def wait(self, what, condition, seconds=30):
        WebDriverWait(self.driver, seconds, 0.1).until(lambda driver: condition(), f"waited for {what}")

    def sees(self, text, seconds=30):
        self.wait(f"“{text}”", lambda: text in self.text(), seconds)

    def tab_to(self, predicate, limit=400):
        """Presses Tab until the focus is on an element of which `predicate`, a JavaScript expression of `e`, holds."""
        for _ in range(limit):
            self.keys(Keys.TAB)
            if self.driver.execute_script(f"const e = document.activeElement; return Boolean(e && ({predicate}))"):
                return
        raise AssertionError(f"Tab does not lead to {predicate}")

    def press(self, label, limit=400):
        self.tab_to(f"e.tagName === 'BUTTON' && e.textContent.trim().startsWith({json.dumps(label)})", limit)
        self.keys(Keys.ENTER)

    def search(self, control_id):
        """Looks for a message by its control id, and leaves the focus on its row."""
        self.page("m")
        self.sees("shown in")
        self.keys("/")
        self.wait("the search field", lambda: self.driver.execute_script("return document.activeElement?.type === 'search'"))
        self.keys(control_id, Keys.ENTER)
        self.wait(control_id, lambda: self.driver.execute_script(
            "const rows = document.querySelectorAll('tbody tr');"
            "return rows.length === 1 && rows[0].textContent.includes(arguments[0])", control_id))
        self.tab_to("e.matches('tbody tr')")

    def reason(self, text):
        self.wait("the question why", lambda: self.driver.execute_script("return document.getElementById('dialog').open"))
        self.keys(text, Keys.ENTER)

    def shot(self, name):
        self.driver.save_screenshot(f"{self.screenshots}/{name}.png")

    def both(self, name):
        """The page as it is at 1,280 and at 400 px; nothing is wider than the window."""
        for width, height in [(400, 800), (1280, 900)]:
            self.size(width, height)
            assert self.overflow() <= 0, f"{name} is {self.overflow()} px too wide at {width}"
            self.shot(f"{name}-light-{width}")

    def overflow(self):
        return self.driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and "/api/v1/session" not in entry["message"]]


def step(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def sign_in(console):
    console.open()
    console.sees("Sign in")
    console.tab_to("e.name === 'token'")
    console.keys(console.exchange.token, Keys.ENTER)
    console.sees("Accounts")
    step("signed in with the first token, by keyboard")


def find_and_understand(console):
    console.page("w")
    console.sees("lakeside-clinic.inbox")
    cards = len(console.driver.find_elements(By.CSS_SELECTOR, ".card"))
    assert cards >= 300, f"the wall has {cards} cards"
    console.shot("wall-light-1280")
    step(f"wall: {cards} cards")
    began = time.monotonic()
    console.search("DAY-1")
    console.keys(Keys.ENTER)
    console.sees("Deliveries")
    console.press("Show the message")
    console.sees("Patient Identification")
    step(f"found and opened a message in {time.monotonic() - began:.1f} s of keys")
    console.tab_to("e.matches('.leaf') && e.textContent.includes('PID-5.1')")
    lit = console.driver.execute_script("return document.querySelectorAll('.lit').length")
    assert lit >= 2, f"{lit} places are lit"
    console.shot("message-light-1280")
    step(f"a value lights its element: {lit} places")
    console.page("m")


def hold_fix_resend(console):
    exchange = console.exchange
    exchange.run("pause", "lakeside-clinic.inbox", "--reason", "browser test")
    exchange.send("DAY-2", "P2")
    console.page("q")
    console.sees("lakeside-clinic.inbox")
    console.tab_to("e.matches('tbody tr') && e.textContent.includes('lakeside-clinic.inbox')")
    console.keys(Keys.ENTER)
    console.sees("paused")
    console.wait("the delivery", lambda: console.driver.find_elements(By.CSS_SELECTOR, "tbody tr"))
    console.press("Hold")
    console.reason("looking into it")
    console.sees("held")
    console.shot("queue-light-1280")
    console.press("Release")
    console.reason("all is well")
    console.sees("queued")
    console.driver.execute_script("document.getElementById('main').focus()")
    console.press("Resume")
    console.reason("the clinic is back")
    console.sees("Nothing waits.")
    step("held, released and resumed, by keyboard")
    console.search("DAY-2")
    console.keys(Keys.ENTER)
    console.sees("Deliveries")
    console.press("Compare")
    console.sees("LAKESIDE")
    console.driver.execute_script("document.getElementById('main').focus()")
    console.press("Send again")
    console.wait("the question", lambda: console.driver.execute_script("return document.getElementById('dialog').open"))
    console.tab_to("e.name === 'reason'")
    console.reason("the clinic lost it")
    console.sees("sent again from")
    console.wait("the delivery", lambda: "delivered" in console.text())
    step("compared, sent again, delivered")


def send_many(console):
    """Many messages again, stopped and gone on with."""
    exchange = console.exchange
    for number in range(3, 7):
        exchange.send(f"DAY-{number}", "P3")
    console.page("m")
    console.sees("shown in")
    console.tab_to("e.name === 'patient'")
    console.keys("P3@GHH", Keys.ENTER)
    console.wait("four messages", lambda: len(console.driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 4)
    console.press("Send all of these again")
    console.sees("Send 4 messages again")
    console.both("resend-many")
    console.driver.execute_script("document.querySelector('[name=rate]').select()")
    console.tab_to("e.name === 'rate'")
    console.keys("0.2")
    console.tab_to("e.name === 'reason'")
    console.reason("the clinic restored yesterday's backup")
    console.sees("Resends")
    console.sees("running")
    console.press("Stop")
    console.reason("the clinic asked to wait")
    console.sees("stopped")
    console.both("resends-stopped")
    console.press("Go on")
    console.reason("the clinic is ready")
    console.sees("finished")
    console.sees("4 of 4")
    console.both("resends")
    step("four messages sent again, stopped on the way and gone on with")


def change_the_folder(console):
    """What another folder would change, and its use."""
    exchange = console.exchange
    exchange.put("routes/admissions.yaml", "route: admissions\nfrom: [general-hospital]\nwhen: MSH-9.1 = \"ADT\"\n"
                                           "to: [lakeside-clinic.inbox, archive.a]\n")
    console.page("c")
    console.sees("The folder on disk differs")
    console.press("What would it change?")
    console.sees("would be different")
    console.sees("archive.a")
    console.both("plan")
    console.press("Load it")
    console.reason("the archive wants copies")
    console.sees("The folder on disk is what runs")
    step("a change of the folder was compared with the messages of a day, and loaded")


def verify(console):
    console.page("u")
    console.sees("Audit")
    console.press("Verify")
    console.wait("the result", lambda: "intact" in console.text().lower() or "events" in console.text().lower())
    step("audit verified from the page")
    for key, text in [("a", "Alerts"), ("p", "General Hospital"), ("c", "Running:"), ("k", "Accounts")]:
        console.page(key)
        console.sees(text)
    step("alerts, providers, configuration, accounts shown")


def looks(console):
    """Every page at 400 and 1,280 px, light and dark: nothing is wider than the window."""
    pages = [("w", "wall", "lakeside-clinic.inbox"), ("l", "log", "Routing log"), ("m", "messages", "shown in"),
             ("q", "queues", "archive.b"), ("a", "alerts", "Alerts"), ("p", "providers", "General Hospital"),
             ("u", "audit", "Audit"), ("c", "configuration", "Running:"), ("k", "accounts", "Accounts")]
    for is_dark in [False, True]:
        console.dark(is_dark)
        for width, height in [(1280, 900), (400, 800)]:
            console.size(width, height)
            for key, name, text in pages:
                console.page(key)
                console.wait(name, lambda: console.driver.title.startswith(name.capitalize()))
                console.sees(text)
                assert console.overflow() <= 0, f"{name} is {console.overflow()} px too wide at {width}"
                console.shot(f"{name}-{'dark' if is_dark else 'light'}-{width}")
    console.dark(False)
    console.size(1280, 900)
    step("every page at 1,280 and 400 px, light and dark")


def load(console, events):
    """The log and the wall while events come and five consoles watch: frames drawn, and the longest time without one."""
    exchange = console.exchange
    exchange.feed(events / EVENTS_A_MESSAGE)
    exchange.watch(4)
    time.sleep(3)
    watch = """
        const done = arguments[0], frames = [];
        const tick = (now) => { frames.push(now); if (now - frames[0] < 8000) requestAnimationFrame(tick);
          else done({ frames: frames.length / 8, gap: Math.max(...frames.slice(1).map((time, index) => time - frames[index])) }); };
        requestAnimationFrame(tick);"""
    for key, name, text in [("l", "log", "a second"), ("w", "wall", "messages in the last minute")]:
        console.page(key)
        console.sees(text)
        time.sleep(1)
        began, cpu = time.monotonic(), exchange.cpu()
        found = console.driver.execute_async_script(watch)
        share = (exchange.cpu() - cpu) / (time.monotonic() - began)
        rate = console.driver.execute_script("return document.querySelector('.bar .quiet')?.textContent")
        console.shot(f"{name}-loaded-1280")
        step(f"{name}: {found['frames']:.0f} frames a second, longest gap {found['gap']:.0f} ms, broker {share:.2f} cores, {rate}")
        assert found["gap"] < 2_000, f"{name} stood still for {found['gap']:.0f} ms"
    console.search("DAY-1")
    step("search meanwhile: " + next(line for line in console.text().splitlines() if "shown in" in line))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--screenshots", default=".build/browser")
    parser.add_argument("--events", type=int, default=1_000, help="events a second")
    arguments = parser.parse_args()
    os.makedirs(arguments.screenshots, exist_ok=True)
    exchange = Exchange(arguments.program)
    console = None
    try:
        step(f"broker with 300 endpoints at https://{exchange.ready['admin']}")
        exchange.send("DAY-1", "P1")
        console = Console(exchange, arguments.screenshots)
        sign_in(console)
        find_and_understand(console)
        hold_fix_resend(console)
        send_many(console)
        change_the_folder(console)
        verify(console)
        looks(console)
        load(console, arguments.events)
        errors = console.errors()
        assert not errors, f"the browser complained: {errors[:3]}"
        step("done, and the browser complained of nothing")
    except BaseException:
        if console:
            console.shot("failed")
            print(console.text()[-1500:], file=sys.stderr)
        raise
    finally:
        if console:
            console.driver.quit()
        exchange.close()


if __name__ == "__main__":
    main()
