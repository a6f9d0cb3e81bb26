# shellcheck shell=bash disable=SC2034
# Read by bash before each script of SystemdTests, in the box: what its scripts are written with.
set -eu
state=/var/lib/flower
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What `make install` has staged, as it would lie on a host. (A box after a reboot has it.)
if [ -z "${bare-}" ] && [ ! -e /usr/lib/sysusers.d/flower.conf ]; then
    cp -R /stage/usr/lib/. /usr/lib
    cp -R /stage/usr/share/. /usr/share
    ln -s /stage/usr/bin/flower /usr/bin/flower
    systemd-sysusers 2> /dev/null
    mkdir -p /etc/flower/schedules
    # What the host itself has there is none of the box's.
    rm -rf "$state"
    # As the units would make it, for what comes before their start.
    install -d -m 2770 -o flower -g flower "$state"
    systemctl daemon-reload
fi

# until_true COMMAND...: comes back when it succeeds; 20 seconds are for a fault.
until_true() {
    local left=400
    until "$@" > /dev/null 2>&1; do
        left=$((left - 1))
        if [ $left -eq 0 ]; then
            echo "never true: $*"
            systemctl status --no-pager --lines=0 'flower-*' || true
            journalctl --no-pager --lines=60 -u 'flower-*'
            exit 99
        fi
        sleep 0.05
    done
}

flow() {    # flow NAME: a flow file, from standard input
    cat > "/etc/flower/$1.yaml"
    flower apply --system "/etc/flower/$1.yaml" > /dev/null
}

register() { flower register --system "$1"; }

# run_is NUMBER STATE
run_is() {
    flower runs --system | awk -v run="$1" -v state="$2" \
        '$1 == run && $3 == state { found = 1 } END { exit !found }'
}

# value_of UNIT PROPERTY
value_of() { systemctl show --value -p "$2" "$1"; }
unit_is() { [ "$(value_of "$1" ActiveState)" = "$2" ]; }

# drop_in UNIT LINE...: settings of a test's own
drop_in() {
    mkdir -p "/etc/systemd/system/$1.d"
    printf '%s\n' "${@:2}" > "/etc/systemd/system/$1.d/test.conf"
    systemctl daemon-reload
}

# How often the journal has this line of a unit.
told() { journalctl --sync; journalctl -q -o cat -u "$1" --grep "$2" | wc -l; }
has_told() { [ "$(told "$1" "$2")" -gt 0 ]; }
