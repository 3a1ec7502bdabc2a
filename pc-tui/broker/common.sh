# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What all parts of pc-tui-broker use: messages, checks of names and numbers, settings, templates, other users' files.

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'pc-tui-broker: %s\n' "$*" >&2
  exit 1
}

wrong_usage() {
  printf 'pc-tui-broker: %s\nTry: pc-tui-broker --help\n' "$*" >&2
  exit 2
}

# The end of the program, by whatever way: what was begun and not completed is undone, and nothing temporary stays.
finish() {
  trap '' HUP INT TERM
  trap - EXIT
  if [ -n "$undo" ]; then $undo || :; fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  exit "$1"
}

# Names the packages that are missing, finds out who calls, and gets hold of the directory: one command at a time works on it.
# $me is who this program runs as; $caller is the same, or who called sudo.
prepare() {
  missing=
  while read -r tool package; do
    command -v "$tool" >/dev/null || case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
  done <<'END'
mosquitto mosquitto
mosquitto_passwd mosquitto
mosquitto_pub mosquitto-clients
mosquitto_sub mosquitto-clients
openssl openssl
ip iproute2
flock util-linux
END
  [ -z "$missing" ] || fail "missing here:$missing. Install with: sudo apt install$missing"
  me=$(id -un)
  caller=${SUDO_USER:-$me}
  if [ "$(id -u)" -ne 0 ]; then
    [ "$service" = no ] || fail "needs root: sudo $program $command (or --dir DIR --no-service for a broker of your own)"
    caller=$me
  fi
  case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
  while [ "$dir" != "${dir%/}" ]; do dir=${dir%/}; done
  # These characters mean something in a file that the path is written to.
  case $dir in '' | *[!A-Za-z0-9/._+@~-]*) fail "--dir: “$dir” must have A-Z a-z 0-9 / . _ + @ ~ - only" ;; esac
  parent=${dir%/*}
  [ -d "${parent:=/}" ] || fail "$parent: no such directory"
  exec 9<"$parent" || fail "$parent: cannot be read"
  flock -w 30 9 || fail "another pc-tui-broker is at work in $dir since more than 30 s"
  load_settings
  if [ "$command" != setup ]; then
    [ ! -d "$dir" ] || [ -x "$dir" ] || fail "$dir: permission denied"
    if [ ! -f "$dir/settings" ]; then
      if [ "$command" = reset ] && [ "$service" = yes ] && [ -f "$drop_in" ]; then return 0; fi
      [ "$service" = yes ] || fail "nothing is set up in $dir: $self setup$options"
      fail "nothing is set up here: $self setup"
    fi
    # On the same file system as what is moved into place.
    case $command in reset) ;; *) work=$(mktemp -d "$dir/.work.XXXXXX") ;; esac
  fi
  owner=$me
  [ ! -d "$dir" ] || owner=$(stat -c %U "$dir")
  [ "$owner" != UNKNOWN ] || fail "$dir: its owner has no name on this computer"
}

# ---- names and numbers

# check_name WHAT NAME: what logins, topics and file names are made of.
check_name() {
  case $2 in
    '' | -* | *[!A-Za-z0-9_-]*) fail "$1: “$2” is no name: 1 to 64 of A-Z a-z 0-9 _ -, and no - in front" ;;
  esac
  [ ${#2} -le 64 ] || fail "$1: a name has at most 64 characters, not ${#2}"
}

check_root() {
  case $1 in
    '' | /* | */ | *//* | *[!A-Za-z0-9/._-]*)
      fail "--root: “$1” is no topic: A-Z a-z 0-9 . _ - in levels, as in jetson or lab2/jetson" ;;
  esac
  [ ${#1} -le 100 ] || fail "--root: at most 100 characters, not ${#1}"
}

# check_port OPTION NUMBER LEAST
check_port() {
  case $2 in
    '' | *[!0-9]* | ??????*) fail "$1: a number from $3 to 65535, not “$2”" ;;
  esac
  [ "$2" -ge "$3" ] && [ "$2" -le 65535 ] || fail "$1: a number from $3 to 65535, not $2"
}

is_ipv4() {
  case $1 in
    *[!0-9.]* | .* | *. | *..* | *.*.*.*.*) return 1 ;;
    *.*.*.*) ;;
    *) return 1 ;;
  esac
  rest=$1.
  while [ -n "$rest" ]; do
    case ${rest%%.*} in 0?* | ????*) return 1 ;; esac
    [ "${rest%%.*}" -le 255 ] || return 1
    rest=${rest#*.}
  done
}

is_ipv6() {
  case $1 in
    *[!0-9A-Fa-f:.]* | *:::*) return 1 ;;
    *:*:*) return 0 ;;
  esac
  return 1
}

is_address() {
  is_ipv4 "$1" || is_ipv6 "$1"
}

is_host_name() {
  case $1 in '' | -* | .* | *. | *..* | *[!A-Za-z0-9.-]*) return 1 ;; esac
  # All digits and points: somebody meant an address.
  case $1 in *[!0-9.]*) [ ${#1} -le 253 ] ;; *) return 1 ;; esac
}

# has WORD LIST
has() {
  case " $2 " in *" $1 "*) return 0 ;; esac
  return 1
}

# endpoint HOST PORT: HOST:PORT, with brackets around an IPv6 address.
endpoint() {
  case $1 in *:*) printf '[%s]:%s\n' "$1" "$2" ;; *) printf '%s:%s\n' "$1" "$2" ;; esac
}

is_loopback() {
  case $1 in 127.* | ::1) return 0 ;; esac
  return 1
}

# ---- settings: what setup was told and has found, a line each, "key value"

load_settings() {
  root=jetson listens= names= port=1883 tls_port=8883 operators= firewall_rules= sysctls= was_active=yes was_enabled=yes
  [ -f "$dir/settings" ] || return 0
  [ -r "$dir/settings" ] || fail "$dir/settings: permission denied"
  while read -r key value; do
    case $key in
      root) root=$value ;;
      listen) listens="$listens $value" ;;
      name) names="$names $value" ;;
      port) port=$value ;;
      tls_port) tls_port=$value ;;
      operator) operators="$operators$value
" ;;
      firewall) firewall_rules="$firewall_rules$value
" ;;
      sysctl) sysctls="$sysctls $value" ;;
      was_active) was_active=$value ;;
      was_enabled) was_enabled=$value ;;
    esac
  done <"$dir/settings"
}

# write_settings FILE
write_settings() {
  {
    say "# What pc-tui-broker setup was told. Change it with another setup."
    say "root $root"
    for item in $names; do say "name $item"; done
    for item in $listens; do say "listen $item"; done
    say "port $port"
    say "tls_port $tls_port"
    printf '%s' "$operators" | sed 's/^/operator /'
    printf '%s' "$firewall_rules" | sed 's/^/firewall /'
    for item in $sysctls; do say "sysctl $item"; done
    say "was_active $was_active"
    say "was_enabled $was_enabled"
  } >"$1"
}

# ---- files

# fill TEMPLATE KEY=VALUE…: the template with each @KEY@ replaced. For what is no secret: arguments can be seen by others.
fill() {
  template=$share/$1
  shift
  env "$@" awk '
    {
      line = ""
      while (match($0, /@[A-Z_]+@/)) {
        line = line substr($0, 1, RSTART - 1) ENVIRON[substr($0, RSTART + 1, RLENGTH - 2)]
        $0 = substr($0, RSTART + RLENGTH)
      }
      print line $0
    }' "$template"
}

# belongs FILE MODE: with the service, group mosquitto reads; a directory for another broker is its owner's alone.
belongs() {
  if [ "$service" = yes ]; then
    chown root:mosquitto "$1"
    chmod "$2" "$1"
  else
    chmod 600 "$1"
    [ "$(id -u)" -ne 0 ] || chown "$owner:" "$1"
  fi
}

# secret FILE: read by nobody but root, or the owner of the directory.
secret() {
  if [ "$service" = yes ]; then chown root:root "$1"; else belongs "$1" 600; fi
  chmod 600 "$1"
}

# as_user USER COMMAND…: files in somebody's home are written in that user's name, who may have put links there.
as_user() {
  as=$1
  shift
  if [ "$as" = "$me" ]; then "$@"; else runuser -u "$as" -- "$@"; fi
}

# ---- addresses

# "INTERFACE ADDRESS", a line each, that others may reach this computer at. Bridges of containers and virtual machines are
# left out, and so are IPv6 addresses that change by themselves.
present_addresses() {
  ip -o addr show up scope global 2>/dev/null | awk '
    $2 ~ /^(docker|br-|virbr|veth|vnet|lxc|lxdbr|cni|flannel)/ { next }
    / (temporary|deprecated|tentative|dadfailed) / { next }
    $3 == "inet" || $3 == "inet6" { sub(/\/.*/, "", $4); print $3, $2, $4 }' | sort -s -k 1,1 | cut -d ' ' -f 2-
}

# interface_of ADDRESS: nothing where no interface has it now.
interface_of() {
  ip -o addr show 2>/dev/null | awk -v address="$1" '{ sub(/\/.*/, "", $4) } $4 == address { print $2; exit }'
}

has_ipv6_loopback() {
  [ -n "$(interface_of ::1)" ]
}
