#!/bin/sh
# usage: build.sh BINARY FOLDER
# Makes FOLDER/flower_VERSION_ARCHITECTURE.deb of what `make install` stages of BINARY and this tree; without
# debhelper, for there is nothing to build. DPKG_DEB_COMPRESSOR_TYPE and _LEVEL are dpkg-deb(1)'s.
set -eu
umask 022
binary=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")"
tree=$(cd ../.. && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
stage=$work/stage
share=$stage/usr/share

version=$("$binary" --version)
version=${version#flower }
noted=$(dpkg-parsechangelog -l changelog -S Version)
if [ "$version" != "$noted" ]; then
    echo "build.sh: $1 is version $version, and systemd/debian/changelog begins with $noted" >&2
    exit 1
fi
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l changelog -S Timestamp)
export SOURCE_DATE_EPOCH

# --- The files ------------------------------------------------------------------------------------

make --no-print-directory -C "$tree" install BINARY="$binary" PREFIX=/usr DESTDIR="$stage"
strip --remove-section=.comment --remove-section=.note "$stage/usr/bin/flower"
# Debian's own places: the licence is told by the copyright file.
mv "$share/flower/schedules" "$share/doc/flower/examples"
rmdir "$share/flower"
rm "$share/doc/flower/LICENSE"
install -m 644 copyright "$share/doc/flower/copyright"
gzip -9n < changelog > "$share/doc/flower/changelog.gz"
gzip -9n "$share"/man/man*/*
install -D -m 644 lintian-overrides "$share/lintian/overrides/flower"
# Where an administrator looks for the place of flow files.
install -d "$stage/etc/flower/schedules"

# --- What dpkg is told of them --------------------------------------------------------------------

# dpkg-shlibdeps(1) reads the name of the package from the file of a source package.
mkdir -p "$work/source/debian"
printf 'Source: flower\n\nPackage: flower\nArchitecture: any\n' > "$work/source/debian/control"
libraries=$(cd "$work/source" && dpkg-shlibdeps --ignore-missing-info -O "$stage/usr/bin/flower")

install -d "$stage/DEBIAN"
architecture=$(dpkg --print-architecture)
size=$(du -ks --apparent-size "$stage" | cut -f 1)
sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@SIZE@|$size|" \
    -e "s#@LIBRARIES@#${libraries#shlibs:Depends=}#" control > "$stage/DEBIAN/control"
install -m 755 postinst prerm postrm "$stage/DEBIAN"
(cd "$stage" && find usr -type f -printf '%P\0' | sort -z | sed -z 's|^|usr/|' |
    xargs -0 md5sum) > "$stage/DEBIAN/md5sums"

package=$folder/flower_${version}_$architecture.deb
find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$stage" "$package"
