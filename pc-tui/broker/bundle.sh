# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What a device or an operator needs to join: one text file (docs/broker.md has its format), and for the operator of this
# computer pc-tui's own files.

brokers_max=8 # as many as the programs take

# The addresses at which others may find the broker, best first: the cable to a Nano, other wires and networks, names.
broker_endpoints() {
  {
    if [ -n "$listens" ]; then
      for item in $listens; do say "$item"; done
    else
      present=$(present_addresses | cut -d ' ' -f 2)
      say "$present" | grep '^192\.168\.55\.' || :
      say "$present" | grep -v '^192\.168\.55\.' || :
      if [ -S /run/avahi-daemon/socket ]; then say "$(host_name).local"; fi
    fi
    # The first name need not be anybody's address: then it has no dot. The gateway is whatever a device's default route leads to.
    for item in $names; do
      case $item in *.* | *:* | gateway) say "$item" ;; esac
    done
    # The cable may be out now, and it comes with this address. The Nano's own end is another.
    if [ -z "$listens" ] && [ ! -e /etc/nv_tegra_release ]; then say 192.168.55.100; fi
  } | awk 'NF && !seen[$0]++' | while read -r item; do
    if ! is_loopback "$item" || has "$item" "$names" || [ -n "$listens" ]; then endpoint "$item" "$tls_port"; fi
  done | head -n $brokers_max
}

# bundle KIND LOGIN PASSWORD: on standard output. KIND: nano-agent or pc-tui.
bundle() {
  say "$1 join 1"
  say "[broker]"
  broker_endpoints | sed 's/^/address /'
  say "root $root"
  case $2 in device-*) say "device ${2#device-}" ;; esac
  say "[login]"
  say "user $2"
  say "[tls]"
  for item in $names; do say "name $item" && break; done
  say "[password]"
  say "$3"
  say "[ca]"
  cat "$dir/ca.crt"
  say "[end]"
}

# check_output FILE: before anything is changed.
check_output() {
  [ "$1" != - ] || return 0
  [ ! -e "$1" ] && [ ! -L "$1" ] || fail "$1 is there already: -o FILE names another"
  [ -d "$(dirname -- "$1")" ] || fail "$(dirname -- "$1"): no such directory"
}

# write_output FILE: standard input becomes a new file of who called sudo, where that user may write there.
write_output() {
  writer=$me
  if [ "$caller" != "$me" ] && as_user "$caller" test -w "$(dirname -- "$1")"; then writer=$caller; fi
  as_user "$writer" sh -c 'umask 077 && set -C && cat >"$1"' sh "$1"
}

# operator_directory USER: where that user's pc-tui looks for its configuration.
operator_directory() {
  home=
  if [ "$1" = "$me" ] && [ "$caller" = "$me" ]; then
    home=${XDG_CONFIG_HOME:-${HOME:?}/.config}
  else
    home=$(getent passwd "$1" | cut -d : -f 6)
    [ -n "$home" ] || fail "--operator: no user $1 on this computer; add-operator $1 makes a file for somebody on another"
    home=$home/.config
  fi
  case $home in
    /*) ;;
    *) fail "the home of $1 has no absolute path: “$home”" ;;
  esac
  case $home in *[\"\'\\\$]*) fail "a configuration cannot name a file below “$home”" ;; esac
  say "$home/pc-tui"
}

operator_login() {
  say "operator-$(printf '%s' "$1" | tr -c 'A-Za-z0-9_-' _ | cut -c 1-64)"
}

operator_mark='# Written by pc-tui-broker.'

# operator_has_file DIRECTORY USER: whether the configuration there is ours, and its password with it.
operator_has_file() {
  as_user "$2" sh -c 'grep -qxF -e "$2" "$1/broker.conf" && test -s "$1/password" && test -s "$1/ca.crt"' \
    sh "$1" "$operator_mark" 2>/dev/null
}

# write_operator USER DIRECTORY LOGIN PASSWORD: a configuration of somebody else's making is kept beside it. An empty password
# leaves the one that is there.
write_operator() {
  for item in $names; do break; done
  {
    say "$operator_mark"
    fill broker.conf.in ENDPOINT="$(endpoint 127.0.0.1 "$tls_port")" ROOT="$root" LOGIN="$3" DIRECTORY="$2" NAME="$item"
  } >"$work/broker.conf" || return 1
  put='umask 077 && mkdir -p "$1" && cat >"$1/.$2.new"'
  as_user "$1" sh -c "$put" sh "$2" broker.conf <"$work/broker.conf" || return 1
  as_user "$1" sh -c "$put" sh "$2" ca.crt <"$dir/ca.crt" || return 1
  [ -z "$4" ] || say "$4" | as_user "$1" sh -c "$put" sh "$2" password || return 1
  as_user "$1" sh -c '
    cd "$1" || exit 1
    if [ -e broker.conf ] && ! grep -qxF -e "$2" broker.conf; then
      for file in broker.conf password ca.crt; do
        if [ -e "$file" ]; then mv -f "$file" "$file.saved" || exit 1; fi
      done
    fi
    for file in password ca.crt broker.conf; do
      if [ -e ".$file.new" ]; then mv -f ".$file.new" "$file" || exit 1; fi
    done' sh "$2" "$operator_mark"
}

# remove_operator USER DIRECTORY: takes back what write_operator did, and directories that are empty then.
remove_operator() {
  as_user "$1" sh -c '
    cd "$1" 2>/dev/null || exit 0
    grep -qxF -e "$2" broker.conf 2>/dev/null || exit 0
    rm -f broker.conf password ca.crt
    for file in broker.conf password ca.crt; do
      if [ -e "$file.saved" ]; then mv "$file.saved" "$file"; fi
    done
    cd / && rmdir "$1" "${1%/*}" 2>/dev/null || :' sh "$2" "$operator_mark"
}
