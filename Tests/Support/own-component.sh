#!/bin/sh
# usage: own-component.sh [SWIFT]
# Builds the program of Tests/OwnComponent, which depends on this package by path and adds a component,
# and runs a flow that uses it: all of Flower must be there, and the component.
set -eu
swift=${1-swift}
cd "${0%/*}/../.."
package=Tests/OwnComponent
scratch=.build-test/own-component

"$swift" build --package-path "$package" --scratch-path "$scratch"
greeter=$("$swift" build --package-path "$package" --scratch-path "$scratch" --show-bin-path)/greeter

state=$(mktemp -d "${TMPDIR:-/tmp}/flower-greeter-XXXXXX")
trap 'rm -rf "$state"' EXIT
export FLOWER_STATE="$state"

fail() {
    echo "own-component: $*" >&2
    exit 1
}

"$greeter" apply "$package/greet.yaml"
printed=$("$greeter" register greet -p who=you -f)
expected="1
hello    | hello you, this is task hello of flow greet
standard | flower's own components are there too"
[ "$printed" = "$expected" ] || fail "it printed:
$printed
and not:
$expected"

# A mistake in `with:` is found before anything runs.
sed 's/person:/persn:/' "$package/greet.yaml" > "$state/wrong.yaml"
if "$greeter" validate "$state/wrong.yaml" 2> "$state/errors"; then
    fail "a wrong key in with: was accepted"
fi
grep -q "persn" "$state/errors" || fail "the wrong key was not told: $(cat "$state/errors")"
echo "own-component: a program with a component of its own is a full flower"
