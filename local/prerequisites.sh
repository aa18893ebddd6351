#!/bin/sh
# Says what is missing to install, all at once, and how to get it; prints the Python to use when nothing is.
# usage: sh local/prerequisites.sh [python]

node_needed=20
missing=0

lacks() {
    missing=1
    printf '%s\n' "$@" >&2
}

is_3_13() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2> /dev/null
}

found=
for name in ${1:-python3.13 python3 python}; do
    if is_3_13 "$name"; then
        found=$name
        break
    fi
done
if [ -z "$found" ]; then
    version=$("${1:-python3}" --version 2> /dev/null) || version="not there"
    lacks "Python 3.13 is needed, and ${1:-python3} is $version." \
        "  Get it: https://www.python.org/downloads/ or 'brew install python@3.13' or, on Debian 13," \
        "  'apt install python3.13-venv'. If it is not on the PATH, name it: make run PYTHON=/path/to/python3.13"
elif ! "$found" -c 'import ensurepip, venv' 2> /dev/null; then
    lacks "$found cannot make virtual environments: 'apt install python3.13-venv'"
fi

node=$(node --version 2> /dev/null)
major=${node#v}
major=${major%%.*}
if [ -z "$node" ] || [ "$major" -lt "$node_needed" ]; then
    lacks "Node.js $node_needed or newer is needed for Azurite, the storage emulator; ${node:-none} is on the PATH." \
        "  Get it: https://nodejs.org/en/download or 'brew install node' or 'nvm install $node_needed'"
elif ! command -v npm > /dev/null; then
    lacks "npm is needed to install Azurite and is not on the PATH. It comes with Node.js: https://nodejs.org/en/download"
fi

[ -w . ] || lacks "$(pwd) cannot be written to, and packages are installed there. Clone into a folder of your own."

[ "$missing" = 0 ] && echo "$found"
