#!/bin/sh
# usage: build.sh BINARY FOLDER
# Makes FOLDER/flower_VERSION_ARCHITECTURE.deb of what `make install` stages of BINARY and this tree, and
# flower-dbgsym_VERSION_ARCHITECTURE.deb of what `make debug-symbols` does; without debhelper, for there is
# nothing to build. DPKG_DEB_COMPRESSOR_TYPE and _LEVEL are dpkg-deb(1)'s.
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

architecture=$(dpkg --print-architecture)

# close STAGE NAME: the package of what lies in STAGE, with the checksums and times that dpkg expects.
close() {
    size=$(du -ks --apparent-size "$1" | cut -f 1)
    sed -i "s|@SIZE@|$size|" "$1/DEBIAN/control"
    (cd "$1" && find usr -type f -printf '%P\0' | sort -z | sed -z 's|^|usr/|' |
        xargs -0 md5sum) > "$1/DEBIAN/md5sums"
    find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group --build "$1" "$folder/$2_${version}_$architecture.deb"
}

install -d "$stage/DEBIAN"
sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" \
    -e "s#@LIBRARIES@#${libraries#shlibs:Depends=}#" control > "$stage/DEBIAN/control"
install -m 755 postinst prerm postrm "$stage/DEBIAN"
close "$stage" flower

# --- What debuggers are told: the package that debhelper would make -------------------------------------

symbols=$work/symbols
make --no-print-directory -C "$tree" debug-symbols BINARY="$binary" PREFIX=/usr DESTDIR="$symbols"
id=$(cd "$symbols/usr/lib/debug/.build-id" && find . -name '*.debug' | tr -d ./ | sed 's|debug$||')
install -d "$symbols/DEBIAN" "$symbols/usr/share/doc"
ln -s flower "$symbols/usr/share/doc/flower-dbgsym"
cat > "$symbols/DEBIAN/control" << CONTROL
Package: flower-dbgsym
Source: flower
Version: $version
Auto-Built-Package: debug-symbols
Architecture: $architecture
Maintainer: $(sed -n 's|^Maintainer: ||p' control)
Installed-Size: @SIZE@
Depends: flower (= $version)
Section: debug
Priority: optional
Description: debug symbols for flower
Build-Ids: $id
CONTROL
close "$symbols" flower-dbgsym
