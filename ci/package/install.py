"""Installs the build, and moves what was installed to where the tests look for it."""

import shutil

import workshop


def main():
    first = workshop.folder("first")
    shutil.rmtree(workshop.PREFIX, ignore_errors=True)
    print(workshop.run("cmake", "--install", workshop.BUILD, "--prefix", first))
    first.rename(workshop.PREFIX)


if __name__ == "__main__":
    main()
