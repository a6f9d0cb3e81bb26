# dpkg's status file (deb822(5)) to tab-separated packages: name, architecture, section, state,
# version, size in KiB. Packages that were removed but not purged are still in it.
BEGIN {
    OFS = "\t"
    clear()
}

/^$/ { put() }
/^Package: / { name = $2 }
/^Architecture: / { architecture = $2 }
/^Section: / { section = $2 }
/^Status: / { state = $4 }
/^Version: / { version = $2 }
/^Installed-Size: / { size = $2 }
END { put() }

function put() {
    if (name != "") {
        print name, architecture, section, state, version, size
    }
    clear()
}

function clear() {
    name = architecture = state = version = ""
    section = "(none)"
    size = 0
}
