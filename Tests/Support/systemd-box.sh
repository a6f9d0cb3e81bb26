#!/usr/bin/env bash
# usage: systemd-box.sh [--bind SOURCE[:TARGET]]... [--units FOLDER] [--journal KEY=VALUE]...
#                       [--disk FOLDER] [--timeout SECONDS] COMMAND [ARGUMENT...]
# Boots a real systemd with journald and dbus as process 1 of namespaces of its own, runs COMMAND in
# it as root, shuts it down and exits with COMMAND's status; 124: out of time, 125: no box.
#
#   --bind     shows a file or folder of the host, writable. The host's root file system is there
#              already, but what is written to it is lost, and /tmp, /run and other mounts are not
#   --units    copies unit files and drop-in folders to /etc/systemd/system
#   --journal  adds a line to journald.conf(5), such as RateLimitBurst=1000000
#   --disk     keeps all that is written, the journal included, in FOLDER: another box with the same
#              FOLDER is the machine after a reboot. Killing this script pulls the machine's plug
#
# Needs root, overlayfs and a mounted cgroup2. It makes a folder in ${TMPDIR:-/tmp} and a cgroup;
# its janitor removes both, however this script ends.
set -euo pipefail

boot_seconds=30
stop_seconds=15

fail() {
    echo "systemd-box: $*" >&2
    exit 125
}

# --- Outside: make the box, run the command, shut down -------------------------------------------

read_options() {
    binds=() journal=() units='' disk='' limit=()
    local source
    while [ $# -gt 0 ]; do
        case $1 in
            --bind)
                source=$(realpath -e "${2%%:*}") || exit 125
                binds+=("$source:$(realpath -m "${2#*:}")")
                ;;
            --units) units=$(realpath -e "$2") || exit 125 ;;
            --journal) journal+=("$2") ;;
            --disk) disk=$(realpath -e "$2") || exit 125 ;;
            --timeout) limit=(timeout --foreground "$2") ;;
            --*) fail "no such option: $1" ;;
            *) break ;;
        esac
        shift 2
    done
    command=("$@")
    [ $# -gt 0 ] || fail "no command"
}

# The pipe that the janitor reads ends with this script, however that ends. So there is one way to
# clean up, and kill -9 takes it too; the machine itself is then killed by its parent-death signals.
start_janitor() {
    mkfifo "$box/life"
    exec {life}<> "$box/life"
    # shellcheck disable=SC2016  # the arguments are expanded by the janitor
    setsid bash -c '
        trap "" HUP INT TERM
        read -r                             # until nobody holds the other end any more
        for _ in {1..100}; do
            [ -d "$1" ] || break
            find "$1" -depth -type d -exec rmdir {} +
            sleep 0.05
        done
        rm -rf --one-file-system "$0"
    ' "$box" "$cgroup" < "$box/life" {life}>&- > /dev/null 2>&1 &
    janitor=$!
    trap end EXIT
    trap 'exit 125' HUP INT TERM
}

end() {
    exec 2> /dev/null       # bash tells who was killed
    if [ -n "$machine" ]; then
        kill -KILL "$machine" || true           # it may have ended by itself
        wait "$machine" || true
    fi
    exec {life}>&-
    wait "$janitor"
}

start_machine() {
    declare -p box binds journal units disk > "$box/options"
    # In the box's cgroup before the cgroup namespace begins: so it is the root in there.
    # shellcheck disable=SC2016  # the arguments are expanded by the inner shell
    setpriv --pdeathsig KILL \
        unshare --mount --propagation private --pid --ipc --uts --net --fork --kill-child=KILL \
        bash -c 'echo 0 > "$1/cgroup.procs" && exec unshare --cgroup bash "$0" --inside "$2"' \
        "$0" "$cgroup" "$box" {life}>&- < /dev/null > "$box/boot" 2>&1 &
    machine=$!
    # What comes as the time of one read is over comes in parts (seen: 3 boots of 130 hung for it).
    local left=$((boot_seconds * 10)) part heard=''
    until [ "$heard" = ready ]; do
        part=
        read -r -t 0.1 part <&"$ready" || true
        heard+=$part
        left=$((left - 1))
        if ! kill -0 "$machine" 2> /dev/null || [ $left -eq 0 ]; then
            cat "$box/boot" >&2
            fail "systemd did not come up"
        fi
    done
    enter=(nsenter --target "$(< "$box/pid")" --mount --uts --ipc --net --pid --cgroup --)
}

run_command() {
    local here=/
    "${enter[@]}" test -d "$PWD" && here=$PWD
    # systemd-run(1) of 252 expands `$` in what it is to start.
    "${limit[@]}" "${enter[@]}" systemd-run --quiet --pipe --wait --collect --unit=box-command \
        --working-directory="$here" --setenv=PATH="$PATH" --setenv=LANG=C.UTF-8 -- \
        "${command[@]//\$/\$\$}" <&0 &
    # In the background, for bash acts on a signal while it waits, not while a command runs.
    local result=0
    wait $! || result=$?
    return $result
}

stop_machine() {
    "${enter[@]}" systemctl --no-block exit 0 < /dev/null > /dev/null 2>&1
    local left=$((stop_seconds * 20))
    while kill -0 "$machine" 2> /dev/null; do
        left=$((left - 1))
        [ $left -gt 0 ] || fail "it did not shut down within $stop_seconds seconds"
        read -r -t 0.05 <&"$ready" || true
    done
    machine=
}

outside() {
    read_options "$@"
    [ "$(id -u)" -eq 0 ] || fail "it needs root"
    local mount group
    mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    [ -n "$mount" ] || fail "it needs a mounted cgroup2"
    group=$(sed -n 's/^0:://p' /proc/self/cgroup)
    # mktemp(1) writes letters of its own for the X.
    box=$(mktemp -d "${TMPDIR:-/tmp}/systemd-box-XXXXXX")
    cgroup=$mount${group%/}/${box##*/}
    machine=
    start_janitor
    mkdir "$cgroup" "$box/host"
    mkfifo "$box/ready"
    exec {ready}<> "$box/ready"
    start_machine
    local result=0
    run_command || result=$?
    if [ "$result" -ne 124 ]; then
        stop_machine        # otherwise: by force, now
    fi
    exit "$result"
}

# --- Inside: what happens before systemd takes over ----------------------------------------------

# What concerns the whole host is for reading only: systemd itself would raise limits in /proc/sys.
mount_kernel_files() {
    mount -t proc -o nosuid,noexec,nodev proc "$root/proc"
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
    mkdir -p "$root"/run/{box,lock,user}
    # As on a machine that has just been switched on.
    cat /proc/sys/kernel/random/uuid > "$root/run/box/boot-id"
    local part
    for part in sys sysrq-trigger irq bus; do
        [ -e "$root/proc/$part" ] || continue
        mount --bind "$root/proc/$part" "$root/proc/$part"
        mount -o remount,bind,ro "$root/proc/$part"
    done
    mount --bind "$root/run/box/boot-id" "$root/proc/sys/kernel/random/boot_id"
    mount -t sysfs -o ro,nosuid,noexec,nodev sysfs "$root/sys"
    mount -t cgroup2 -o nosuid,noexec,nodev cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
}

make_devices() {
    mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
    local device
    for device in null:3 zero:5 full:7 random:8 urandom:9; do
        mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
    done
    mknod -m 666 "$root/dev/tty" c 5 0
    mknod -m 600 "$root/dev/console" c 1 3      # the null device: nobody sits there
    mkdir "$root"/dev/{pts,shm}
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"
    ln -s fd/1 "$root/dev/stdout"
    ln -s fd/2 "$root/dev/stderr"
}

# Of the host's units only journald and dbus are started; the others stay to be asked for by name. What
# the host itself has of Flower is not there, nor what forbids packages to start services.
configure() {
    local stock=$root/lib/systemd/system own=$root/etc/systemd
    rm -rf "$stock"/*.target.wants "$root"/lib/systemd/system-generators "$own" \
        "$root"/var/log/journal "$root"/var/lib/systemd/timers "$root"/var/lib/flower \
        "$root"/etc/flower "$root"/usr/sbin/policy-rc.d
    mkdir -p "$stock"/{sysinit,sockets}.target.wants "$own"/{system,journald.conf.d,system.conf.d}
    ln -s ../systemd-journald.service ../systemd-journal-flush.service "$stock/sysinit.target.wants"
    ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket ../dbus.socket \
        "$stock/sockets.target.wants"
    : > "$root/etc/fstab"
    echo box > "$root/etc/hostname"
    tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
    cat > "$own/system.conf.d/box.conf" <<'SETTINGS'
[Manager]
LogTarget=journal
ShowStatus=no
DefaultTimeoutStopSec=10s
SETTINGS
    cat > "$own/system/box-ready.service" <<'UNIT'
[Unit]
Requires=basic.target
After=basic.target dbus.socket
[Service]
Type=oneshot
ExecStart=sh -c 'echo ready > /run/box/ready'
[Install]
WantedBy=multi-user.target
UNIT
    mkdir "$own/system/multi-user.target.wants"
    ln -s ../box-ready.service "$own/system/multi-user.target.wants"
    ln -s /lib/systemd/system/multi-user.target "$own/system/default.target"
    if [ -n "$disk" ]; then
        mkdir -p "$root/var/log/journal"        # journald keeps its entries where this exists
    fi
}

inside() {
    # shellcheck source=/dev/null
    source "$1/options"
    local pid bind source target
    read -r pid _ < /proc/self/stat             # still the host's /proc: the number out there
    echo "$pid" > "$box/pid.new"
    mv "$box/pid.new" "$box/pid"

    # mount(8) would note in the host's /run/mount what it does here.
    mount() { command mount --no-mtab "$@"; }
    mount -t tmpfs -o mode=755 tmpfs "$box/host"
    root=$box/host/root
    local written=${disk:-$box/host}
    mkdir -p "$root" "$written"/{files,work}
    mount -t overlay -o "lowerdir=/,upperdir=$written/files,workdir=$written/work" overlay "$root"
    mount_kernel_files
    make_devices
    if [ ! -e "$root/etc/systemd/system/box-ready.service" ]; then
        configure
    fi
    printf '%s\n' '[Journal]' ReadKMsg=no Audit=no "${journal[@]}" \
        > "$root/etc/systemd/journald.conf.d/box.conf"
    if [ -n "$units" ]; then
        cp -rL "$units/." "$root/etc/systemd/system"
    fi
    for bind in "${binds[@]}" "$box/ready:/run/box/ready"; do
        source=${bind%%:*} target=$root${bind#*:}
        if [ -d "$source" ]; then
            mkdir -p "$target"
        else
            mkdir -p "${target%/*}"
            [ -e "$target" ] || : > "$target"
        fi
        mount --rbind "$source" "$target"
    done
    cd "$root"
    pivot_root . .
    umount --no-mtab --lazy .
    cd /
    # Not what would reach beyond the namespaces: the clock, modules, the kernel's log, a reboot.
    local dropped=-sys_module,-sys_rawio,-sys_time,-sys_boot,-syslog,-mac_admin,-mac_override
    exec env -i container=systemd-box LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        setpriv --bounding-set=$dropped \
        /lib/systemd/systemd --system
}

if [ "${1-}" = --inside ]; then
    inside "$2"
else
    outside "$@"
fi
