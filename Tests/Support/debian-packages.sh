#!/bin/sh
# usage: debian-packages.sh PACKAGE...
# Installs those of the Debian packages that are missing, through apt and as root; where it may not,
# it stops with the command to type. Services that a package brings are not started.
set -eu

guard=/usr/sbin/policy-rc.d
saved=$guard.before-flower
mark="# Put here by Flower's make while it installs packages"

# Takes our own guard away, also one that a killed run left, and puts the host's own back.
restore_guard() {
    if grep -qsF "$mark" "$guard"; then
        rm -f "$guard"
    fi
    if [ -e "$saved" ]; then
        mv "$saved" "$guard"
    fi
}

# Debian asks policy-rc.d before it starts a package's service; 101 forbids it (invoke-rc.d(8)).
install_guard() {
    restore_guard
    if [ -e "$guard" ]; then
        mv "$guard" "$saved"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > "$guard"
    chmod 755 "$guard"
}

install_packages() {
    exec 9> /run/lock/flower-packages
    flock 9
    trap restore_guard EXIT
    trap 'exit 130' HUP INT TERM
    install_guard
    export DEBIAN_FRONTEND=noninteractive
    apt="apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300"
    # Lists that are absent or too old: then once more with new ones.
    $apt "$@" || { apt-get update --quiet && $apt "$@"; }
}

if [ "${1-}" = --as-root ]; then
    shift
    install_packages "$@"
    exit
fi

if ! command -v dpkg-query > /dev/null; then
    echo "NO PACKAGES CHECKED: this is no Debian; needed here is what Debian calls: $*" >&2
    exit 0
fi

missing=
for package; do
    case " $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2> /dev/null)" in
        *" installed "*) ;;
        *) missing="$missing $package" ;;
    esac
done
if [ -z "$missing" ]; then
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo > /dev/null && { [ -t 0 ] || sudo -n true 2> /dev/null; }; then
    sudo=sudo
else
    echo "these Debian packages are missing; type, as root:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "installing Debian packages${sudo:+ with sudo}:$missing"
# shellcheck disable=SC2086  # a list of words
if ! $sudo sh "$0" --as-root $missing; then
    echo "these Debian packages could not be installed; type, as root:" >&2
    echo "    apt-get update && apt-get install$missing" >&2
    exit 1
fi
