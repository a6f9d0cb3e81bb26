#!/bin/sh
# usage: build.sh SCRATCH CONFIGURATION PROGRAM
# Builds the package beside this file and puts its program at PROGRAM.
#
# SCRATCH is where Flower itself is built, with all that it depends on: minutes of work that need not
# be done twice. What is built knows its place by absolute paths, so it is of use in that place only.
# Hence an overlay is mounted there, for this one command and in a mount namespace of its own: what is
# written goes to memory, nobody else sees it, and SCRATCH is not touched. Where such mounts are not
# allowed everything is built anew, once, in a folder of its own; later builds are incremental.
set -eu
scratch=$1
configuration=$2
program=$3
here=$(cd "${0%/*}" && pwd)
package=${here%/Tests/UserComponents}
own=$package/.build-user-components
mkdir -p "$own"

# The versions that Flower was resolved with.
if [ -f "$package/Package.resolved" ]; then
    cp "$package/Package.resolved" "$here/Package.resolved"
fi

# mount(8) in a namespace that ends with the command: $1 is the scratch folder, $2 our own.
# shellcheck disable=SC2016  # what is to be expanded there, not here
overlay='
    set -eu
    mount -t tmpfs none "$2"
    mkdir "$2/upper" "$2/work"
    mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" none "$1"
'
# SwiftPM keeps the plan of the package that it built last, here Flower's: it has to make its own.
# Its lock is known by the place as well, and whoever holds it does not see the overlay.
# shellcheck disable=SC2016
build='
    rm -f "$1"/*.yaml "$1/$4"/*description.json
    swift build --package-path "$3" --scratch-path "$1" --ignore-lock \
        --configuration "$4" --product flower-greeter
    cp "$1/$4/flower-greeter" "$5"
'

if unshare -m sh -c "$overlay" sh "$scratch" "$own" 2> /dev/null; then
    unshare -m sh -c "$overlay$build" sh "$scratch" "$own" "$here" "$configuration" "$program"
else
    echo "no mounts are allowed here: everything is built anew, which takes minutes" >&2
    swift build --package-path "$here" --scratch-path "$own" \
        --configuration "$configuration" --product flower-greeter
    cp "$own/$configuration/flower-greeter" "$program"
fi
