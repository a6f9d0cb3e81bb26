#!/bin/sh
# usage: debian-units.sh FOLDER
# Fetches Debian packages that have timers, through apt, and lays their units below FOLDER, each package in a
# folder of its name; nothing is installed. What is there already is not fetched again.
set -eu
folder=$1

# Some 43 packages with 76 timers, 16 MB.
packages="aide-common anacron apt apt-listbugs apt-show-versions atop borgmatic btrbk btrfsmaintenance burp
    certbot chkrootkit chrony clamav-freshclam debian-edu-config dpkg duply e2fsprogs etckeeper exim4-base
    laptop-mode-tools liblemonldap-ng-handler-perl logrotate lynis man-db mdadm ntpsec ocsinventory-agent
    offlineimap3 openqa php-common plocate postgresql-common prometheus-node-exporter-collectors sanoid
    sitesummary snapper spamassassin sysstat systemd-cron util-linux vdirsyncer vnstat"

if ! command -v apt-get > /dev/null; then
    echo "NO UNITS FETCHED: this is no Debian; the tests on packages' timers fail" >&2
    exit 0
fi

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
fetch || { $sudo apt-get update --quiet && fetch; }

for package in $missing; do
    dpkg-deb --extract "$scratch/${package}"_*.deb "$scratch/$package"
    find "$scratch/$package" ! -type d ! -name '*.timer' ! -name '*.service' -delete
    find "$scratch/$package" -type d -empty -delete
    mv "$scratch/$package" "$folder/$package"
done
