#!/bin/sh
# usage: oracle-environment.sh PYTHON FOLDER
# Makes the Python environment of the oracles. Where that cannot be done, the tests that need it are
# skipped, unless FLOWER_REQUIRE names `oracle`.
set -eu
here=${0%/*}
wanted=$here/oracle/requirements.txt

if ! [ -f "$wanted" ] || sh "$here/python-environment.sh" "$1" "$2" "$wanted"; then
    exit 0
fi
case ,${FLOWER_REQUIRE-}, in
    *,oracle,*)
        echo "the oracles could not be prepared, and FLOWER_REQUIRE names them" >&2
        exit 1
        ;;
esac
echo "NO ORACLES: their environment could not be made; the tests against them are skipped" >&2
