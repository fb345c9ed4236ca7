"""A page of docs/ as its reader would follow it: files are written, commands run, and what they
print is compared.

What a block is for stands behind its language:

    ```cpp file=NAME      this is the file NAME; file+=NAME: this is added to its end
    ```sh                 run these commands; a block ```text behind it is what they print
    ```sh fails           the same, and they fail
    ```sh terminal=NAME   start this in a terminal of its own; the text is how it begins
    ```sh terminal=NAME enter   press Enter there, and it ends

A port of 127.0.0.1 on the page stands for the one that was really given.
"""

import re
import subprocess

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


class Walk:
    """One reader, in one folder."""

    def __init__(self, page, place, environment):
        self.blocks = [match.groups() for match in BLOCK.finditer(page)]
        self.place = place
        self.here = place
        self.environment = environment
        self.terminals = {}
        self.ports = {}

    def go(self):
        """Follows the page to its end; raises where it does not hold."""
        try:
            for at, (language, how, text) in enumerate(self.blocks):
                follows = self.blocks[at + 1] if at + 1 < len(self.blocks) else ("", "", "")
                self.step(language, how.split(), text, follows[2] if follows[0] == "text" else None)
            for name in list(self.terminals):
                self.press_enter(name)
        finally:
            for terminal in self.terminals.values():
                terminal.kill()
                terminal.communicate()

    def step(self, language, how, text, promised):
        words = dict(word.partition("=")[::2] for word in how)
        if "file" in words:
            (self.here / words["file"]).write_text(text)
        elif "file+" in words:
            with open(self.here / words["file+"], "a") as file:
                file.write(text)
        elif language == "sh" and "enter" in words:
            self.press_enter(words["terminal"])
        elif language == "sh" and "terminal" in words:
            self.start(words["terminal"], text, promised)
        elif language == "sh":
            self.run(text, promised, "fails" in words)
        elif language != "text":
            raise AssertionError(f"nobody is told what this block is for:\n{text}")

    def run(self, commands, promised, fails):
        where = self.place / ".here"
        script = f"trap 'pwd >\"{where}\"' EXIT\n{self.really(commands)}"
        done = subprocess.run(["bash", "-euc", script], cwd=self.here, env=self.environment,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=600)
        if (done.returncode != 0) != fails:
            raise AssertionError(f"{commands}\nended with {done.returncode}\n{done.stdout}")
        self.here = self.place / where.read_text().rstrip("\n")
        if promised is not None:
            self.compare(commands, promised, done.stdout)

    def start(self, name, commands, promised):
        if name in self.terminals:
            self.press_enter(name)
        terminal = subprocess.Popen(["bash", "-euc", self.really(commands)], cwd=self.here,
                                    env=self.environment, text=True, stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.terminals[name] = terminal
        said = "".join(terminal.stdout.readline() for _ in promised.splitlines())
        self.ports.update(zip(PORT.findall(promised), PORT.findall(said)))
        self.compare(commands, promised, said)

    def press_enter(self, name):
        terminal = self.terminals[name]
        said, _ = terminal.communicate("\n", timeout=60)
        del self.terminals[name]
        if terminal.returncode != 0 or said:
            raise AssertionError(f"{name} ended with {terminal.returncode}\n{said}")

    def really(self, text):
        return PORT.sub(lambda port: self.ports.get(port[0], port[0]), text)

    def compare(self, commands, promised, printed):
        if self.really(promised) != printed:
            raise AssertionError(f"{commands}\npromised\n{promised}\nand printed\n{printed}")
