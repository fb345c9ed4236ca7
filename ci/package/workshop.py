"""Where the package under test lies, and how projects are built against it."""

import json
import os
import pathlib
import shutil
import subprocess

BUILD = pathlib.Path(os.environ["TRUNKLINE_BUILD"])
FACTS = json.loads((BUILD / "package-files/facts.json").read_text())
SOURCE = pathlib.Path(FACTS["source"])
HERE = SOURCE / "ci/package"
SHOP = BUILD / "package"
PREFIX = SHOP / "prefix"


def words(fact):
    """A fact that is a list, of CMake's or of words."""
    return FACTS[fact].replace(";", " ").split()


def folder(name):
    """An empty folder of this name."""
    path = SHOP / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def run(*command, fails=False, **options):
    """What the command printed; raises with that when it does not end as it should."""
    command = [str(word) for word in command]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}")
    return done.stdout


def launcher():
    """What stands before the compiler, if anything does."""
    return FACTS["launcher"].split(";") if FACTS["launcher"] else []


def configure(source, build, *settings, compiler=None, fails=False):
    """Configures a project that finds the package under test."""
    return run("cmake", "-S", source, "-B", build, "-G", FACTS["generator"],
               f"-DCMAKE_CXX_COMPILER={compiler or FACTS['compiler']}",
               f"-DCMAKE_CXX_COMPILER_LAUNCHER={FACTS['launcher']}",
               f"-DCMAKE_PREFIX_PATH={PREFIX}", *settings, fails=fails)


def build(folder):
    """Builds a configured project."""
    run("cmake", "--build", folder, "--parallel", "2")


def readers_environment():
    """The environment of a reader of the pages: $PREFIX is the package under test."""
    environment = {name: value for name, value in os.environ.items() if name != "PKG_CONFIG_PATH"}
    environment.update(PREFIX=str(PREFIX), CXX=FACTS["compiler"],
                       CMAKE_CXX_COMPILER_LAUNCHER=FACTS["launcher"])
    return environment


def pkg_config_names():
    """The names under which pkg-config should know the package under test."""
    return ["trunkline"] + ["trunkline-" + name.replace("_", "-") for name in words("components")]
