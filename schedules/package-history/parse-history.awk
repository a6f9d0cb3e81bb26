# dpkg's log (dpkg(1), "--log") to tab-separated changes: time, action, package, architecture, old
# version, new version. Of its lines only these four kinds say that a package changed:
#
#   2026-05-09 10:12:13 upgrade libssl3:amd64 3.0.15-1 3.0.16-1
BEGIN {
    OFS = "\t"
}

$1 !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/ || NF < 4 {
    odd++
    next
}

$3 == "install" || $3 == "upgrade" || $3 == "remove" || $3 == "purge" {
    name = $4
    architecture = ""
    if (match(name, /:[^:]*$/)) {      # dpkg before 1.16 wrote none
        architecture = substr(name, RSTART + 1)
        name = substr(name, 1, RSTART - 1)
    }
    print $1 " " $2, $3, name, architecture, version($5), version($6)
}

END {
    if (odd) {
        print odd " lines are not dpkg's and were left out" > "/dev/stderr"
    }
}

function version(text) {
    return text == "<none>" ? "" : text
}
