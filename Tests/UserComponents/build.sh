#!/bin/sh
# usage: build.sh SCRATCH CONFIGURATION
# Builds the package beside this file and prints the program's path as the last line.
#
# SCRATCH is where Flower itself is built, with all that it depends on: minutes of work that need not
# be done twice. What is built knows its place by absolute paths, so a copy is of use only in that
# place: it is mounted there, for this one command alone, in a mount namespace of its own. Nobody
# else sees the mount, and the original is not touched. Where mounts are not allowed everything is
# built anew in the copy's folder, once; later builds are incremental.
set -eu
scratch=$1
configuration=$2
here=$(cd "${0%/*}" && pwd)
package=${here%/Tests/UserComponents}
own=$package/.build-user-components

build() {
    swift build --package-path "$here" --configuration "$configuration" --product flower-greeter "$@" >&2
}

# The versions that Flower was resolved with.
if [ -f "$package/Package.resolved" ]; then
    cp "$package/Package.resolved" "$here/Package.resolved"
fi

if unshare -m true 2> /dev/null; then
    rm -rf "$own"
    cp -a --reflink=auto "$scratch" "$own"
    # SwiftPM's plan is Flower's: it has to make its own.
    rm -f "$own"/*.yaml "$own/$configuration"/*description.json
    # The lock is known by the place, too, and whoever builds there now has no part in the copy.
    # shellcheck disable=SC2016  # what is to be expanded there, not here
    unshare -m sh -eu -c '
        mount --bind "$1" "$2"
        exec swift build --package-path "$3" --scratch-path "$2" --ignore-lock \
            --configuration "$4" --product flower-greeter >&2
    ' sh "$own" "$scratch" "$here" "$configuration"
else
    echo "no mounts are allowed here: everything is built anew, which takes minutes" >&2
    build --scratch-path "$own"
fi
echo "$own/$configuration/flower-greeter"
