#!/bin/sh
# usage: debian-crontabs.sh FOLDER
# Fetches Debian packages that bring crontabs, and cron itself, through apt, and lays these files below
# FOLDER, each package in a folder of its name; nothing is installed. What is there already is not fetched
# again. Where it cannot be done, the tests that need them are skipped, unless FLOWER_REQUIRE names
# `crontabs`.
set -eu
folder=$1

# Some 60 packages with as many crontabs, 18 MB.
packages="amanda-server amavisd-new anacron apt-mirror argus-server atop awstats backupninja buildd burp certbot
    cricket cron cron-apt cron-daemon-common debarchiver debian-edu-config dirvish dma dphys-config dump e2fsprogs
    fcheck fetch-crl ganeti ikiwiki-hosting-web inn inn2 integrit john ldap-git-backup ldap2zone leafnode
    liblemonldap-ng-handler-perl liblemonldap-ng-portal-perl lockout logcheck lyskom-server mailman3 mailman3-web mdadm mlmmj munin munin-node
    nordugrid-arc-nordugridmap ntpsec-ntpviz oar-server openssh-known-hosts painintheapt php-common piuparts-master
    piuparts-slave rancid rsnapshot sanoid shutdown-at-night sqwebmail sysstat tiger tua tuptime"

missing=
for package in $packages; do
    [ -d "$folder/$package" ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    exit 0
fi

mkdir -p "$folder"
scratch=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

fetch() {
    # shellcheck disable=SC2086  # a list of words
    (cd "$scratch" && apt-get download --quiet -o APT::Sandbox::User=root $missing > /dev/null)
}

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
# Lists that are absent or too old: then once more with new ones.
if ! command -v apt-get > /dev/null || ! { fetch || { $sudo apt-get update --quiet && fetch; }; }; then
    echo "NO CRONTABS: Debian's packages could not be fetched; the tests on them are skipped" >&2
    case ,${FLOWER_REQUIRE-}, in
        *,crontabs,*) exit 1 ;;
    esac
    exit 0
fi

for package in $missing; do
    mkdir "$scratch/$package"
    # What a crontab may be called; of cron the programs and what PAM needs.
    dpkg-deb --fsys-tarfile "$scratch/${package}"_*.deb | tar -x -C "$scratch/$package" --wildcards \
        './etc/cron.d/?*' ./etc/crontab './usr/share/*/examples/*crontab*' \
        ./usr/sbin/cron ./usr/bin/crontab ./etc/pam.d/cron 2> /dev/null || true  # none has them all
    find "$scratch/$package" -name .placeholder -delete
    mv "$scratch/$package" "$folder/$package"
done
