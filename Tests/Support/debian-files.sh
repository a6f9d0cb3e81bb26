#!/bin/sh
# usage: debian-files.sh units|crontabs FOLDER
# Fetches Debian packages through apt and lays what the tests read of them below FOLDER, each package in a
# folder of its name; nothing is installed. What is there already is not fetched again. Where it cannot be
# done, the tests that need it say so and are left out, unless FLOWER_REQUIRE names it.
set -euf
kind=$1
folder=$2

case $kind in
units)
    # Some 43 packages with 76 timers, 16 MB.
    packages="aide-common anacron apt apt-listbugs apt-show-versions atop borgmatic btrbk btrfsmaintenance burp certbot
        chkrootkit chrony clamav-freshclam debian-edu-config dpkg duply e2fsprogs etckeeper exim4-base
        laptop-mode-tools liblemonldap-ng-handler-perl logrotate lynis man-db mdadm ntpsec ocsinventory-agent
        offlineimap3 openqa php-common plocate postgresql-common prometheus-node-exporter-collectors sanoid
        sitesummary snapper spamassassin sysstat systemd-cron util-linux vdirsyncer vnstat"
    files="*.timer *.service"
    ;;
crontabs)
    # Some 60 packages with as many crontabs, and cron itself: its programs and what PAM needs; 18 MB.
    packages="amanda-server amavisd-new anacron apt-mirror argus-server atop awstats backupninja buildd burp certbot
        cricket cron cron-apt cron-daemon-common debarchiver debian-edu-config dirvish dma dphys-config dump
        e2fsprogs fcheck fetch-crl ganeti ikiwiki-hosting-web inn inn2 integrit john ldap-git-backup ldap2zone
        leafnode liblemonldap-ng-handler-perl liblemonldap-ng-portal-perl lockout logcheck lyskom-server mailman3
        mailman3-web mdadm mlmmj munin munin-node nordugrid-arc-nordugridmap ntpsec-ntpviz oar-server
        openssh-known-hosts painintheapt php-common piuparts-master piuparts-slave rancid rsnapshot sanoid
        shutdown-at-night sqwebmail sysstat tiger tua tuptime"
    files="./etc/cron.d/?* ./etc/crontab ./usr/share/*/examples/*crontab* ./usr/sbin/cron ./usr/bin/crontab
        ./etc/pam.d/cron"
    ;;
*)
    echo "debian-files.sh: '$kind' is neither units nor crontabs" >&2
    exit 64
    ;;
esac

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
    echo "NO ${kind}: Debian's packages could not be fetched; the tests on them are left out" >&2
    case ,${FLOWER_REQUIRE-}, in
        *,"$kind",*) exit 1 ;;
    esac
    exit 0
fi

for package in $missing; do
    mkdir "$scratch/$package"
    set +f
    archive=$(echo "$scratch/${package}"_*.deb)
    set -f
    # shellcheck disable=SC2086  # a list of words
    dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$scratch/$package" --wildcards $files \
        2> /dev/null || true  # none has them all
    find "$scratch/$package" -name .placeholder -delete
    mv "$scratch/$package" "$folder/$package"
done
