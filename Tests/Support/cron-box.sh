#!/bin/sh
# usage: cron-box.sh CRON STAGE
# Runs Debian's cron, unpacked in CRON, in a mount namespace: its /etc/cron.d is STAGE/cron.d, its crontabs of
# users are STAGE/crontabs, /run/recorder is STAGE/recorder, and the host's users are those of the host and of STAGE/passwd. Once all jobs
# @reboot have ended, what they have written to /mnt is in STAGE/out. Needs root and overlayfs.
set -eu
cron=$1 stage=$2

if [ "${3-}" != inside ]; then
    exec unshare --mount --pid --fork --kill-child sh "$0" "$cron" "$stage" inside
fi

mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs none /run        # cron runs jobs @reboot once for each boot, by a file there
box=$stage/box
mkdir "$box" && mount -t tmpfs none "$box"
mkdir "$box/etc" "$box/work" "$box/spool" "$box/spool/cron" "$box/out"
cp "$cron/usr/sbin/cron" "$box/cron"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$box/etc,workdir=$box/work" /etc
mount --bind "$box/spool" /var/spool

install -m 755 "$stage/recorder" /run/recorder
cp "$cron/etc/pam.d/cron" /etc/pam.d/cron
rm -rf /etc/cron.d && cp -r "$stage/cron.d" /etc/cron.d && chmod 755 /etc/cron.d
cp -r "$stage/crontabs" /var/spool/cron/crontabs
rm -f /etc/crontab /etc/environment /etc/default/locale
cat "$stage/passwd" >> /etc/passwd
# PAM lets nobody in who has no entry there.
sed 's/:.*/:*:20000:0:99999:7:::/' "$stage/passwd" >> /etc/shadow
[ ! -e "$stage/environment" ] || cp "$stage/environment" /etc/environment
find /etc/cron.d -type f -exec chmod 644 {} +
find /var/spool/cron/crontabs -type f -exec chmod 600 {} +
mkdir "$box/mnt" && chmod 1777 "$box/mnt" && mount --bind "$box/mnt" /mnt

# The last job to be looked at tells that all have been started: cron starts them in one go, and is at rest when
# none of its children is left.
"$box/cron" -f -L 0 &
daemon=$!
left=600
until [ -e /mnt/last ] && ! ps --ppid "$daemon" -o pid= > /dev/null; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "cron-box: the jobs do not end" >&2; exit 1; }
    sleep 0.1
done
kill "$daemon"
mkdir "$stage/out" && cp -r /mnt/. "$stage/out"
