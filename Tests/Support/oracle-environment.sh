#!/bin/sh
# usage: oracle-environment.sh PYTHON FOLDER
# Makes the Python environment of the oracles, anew whenever their list has changed. Where that
# cannot be done, the tests that need it are skipped, unless FLOWER_REQUIRE names `oracle`.
set -eu
python=$1
folder=$2
wanted=${0%/*}/oracle/requirements.txt

if ! [ -f "$wanted" ] || cmp -s "$wanted" "$folder/requirements.txt"; then
    exit 0
fi
echo "preparing the oracles in $folder"
rm -rf "$folder"
if "$python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet \
    --disable-pip-version-check --requirement "$wanted"; then
    cp "$wanted" "$folder/requirements.txt"
    exit 0
fi
rm -rf "$folder"
case ,${FLOWER_REQUIRE-}, in
    *,oracle,*)
        echo "the oracles could not be prepared, and FLOWER_REQUIRE names them" >&2
        exit 1
        ;;
esac
echo "NO ORACLES: their environment could not be made; the tests against them are skipped" >&2
