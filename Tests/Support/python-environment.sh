#!/bin/sh
# usage: python-environment.sh PYTHON FOLDER REQUIREMENTS
# Makes a Python environment with these packages, anew whenever their list has changed.
set -eu
python=$1
folder=$2
wanted=$3

if cmp -s "$wanted" "$folder/requirements.txt"; then
    exit 0
fi
echo "preparing a Python environment in $folder"
rm -rf "$folder"
if "$python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet \
    --disable-pip-version-check --requirement "$wanted"; then
    cp "$wanted" "$folder/requirements.txt"
    exit 0
fi
rm -rf "$folder"
exit 1
