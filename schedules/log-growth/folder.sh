# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by the tasks of log-growth: where they keep their files.
# sizes is what the last judged run saw; growth is this run's comparison with it.
export LC_ALL=C
state=${state_folder:-${XDG_STATE_HOME:-$HOME/.local/state}/flower-schedules}/log-growth
sizes=$state/sizes-$(printf '%s' "${folder#/}" | tr / -)
growth=$state/growth-$FLOWER_INSTANCE-$FLOWER_RUN

whole_number() {
    case $2 in
        '' | *[!0-9]*)
            echo "$1 is \"$2\": a whole number is wanted" >&2
            exit 65
            ;;
    esac
}
