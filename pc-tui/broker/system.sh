# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What lies outside the directory: mosquitto.service, the weekly renewal, an address that is absent at start, the firewall.
# With --no-service none of it is touched.

drop_in=/etc/systemd/system/mosquitto.service.d/pc-tui-broker.conf
timer=/etc/systemd/system/pc-tui-broker-renew
sysctl_file=/etc/sysctl.d/60-pc-tui-broker.conf

check_systemd() {
  [ -d /run/systemd/system ] && command -v systemctl >/dev/null ||
    fail "no systemd runs here; --dir DIR --no-service makes the same for a broker that you start yourself"
  systemctl cat mosquitto.service >/dev/null 2>&1 || fail "there is no mosquitto.service: sudo apt install mosquitto"
  getent passwd mosquitto >/dev/null || fail "there is no user mosquitto: sudo apt install --reinstall mosquitto"
}

on_terminal() {
  [ -t 0 ] && [ -t 1 ]
}

# ask QUESTION: yes where the answer begins with y.
ask() {
  printf '%s [y/N] ' "$1"
  read -r answer || answer=
  case $answer in [Yy]*) return 0 ;; esac
  return 1
}

# ---- the service

# write_drop_in: mosquitto.service with our configuration, and less of this computer within its reach.
write_drop_in() {
  capability=
  # Only then it needs a privilege at all.
  if [ "$tls_port" -lt 1024 ] || { [ "$port" -ne 0 ] && [ "$port" -lt 1024 ]; }; then capability=CAP_NET_BIND_SERVICE; fi
  mkdir -p "${drop_in%/*}"
  fill mosquitto.service.in DIR="$dir" MOSQUITTO="$(command -v mosquitto)" CAPABILITY="$capability" >"$work/drop-in"
  chmod 644 "$work/drop-in"
  chmod 755 "${drop_in%/*}"
  mv "$work/drop-in" "$drop_in"
}

remove_drop_in() {
  rm -f "$drop_in"
  rmdir "${drop_in%/*}" 2>/dev/null || :
}

# others_configuration: the files that mosquitto reads without us and that hold a listener or a bridge, and each file of
# conf.d, a line each: "FILE WHAT". Read for this report alone.
others_configuration() {
  for file in /etc/mosquitto/mosquitto.conf /etc/mosquitto/conf.d/*.conf; do
    [ -f "$file" ] || continue
    found=$(sed -n 's/^[[:space:]]*\(listener\|port\|bind_address\|connection\)[[:space:]].*/\1/p' "$file" | sort -u | paste -s -d ,)
    case $file in
      */conf.d/*) say "$file ${found:-settings}" ;;
      *) [ -z "$found" ] || say "$file $found" ;;
    esac
  done
}

# name_others: says whose configuration goes out of use, and asks where somebody may miss it.
name_others() {
  [ ! -f "$drop_in" ] || return 0
  others=$(others_configuration)
  [ -n "$others" ] || return 0
  say "Out of use until pc-tui-broker reset, and not changed:"
  say "$others" | while read -r file found; do say "  $file ($found)"; done
  case $others in *listener* | *port* | *bind_address* | *connection*) ;; *) return 0 ;; esac
  [ "$yes" = no ] || return 0
  on_terminal || fail "who uses these listeners or bridges loses them. If that is right: $self setup --yes"
  ask "Who uses these listeners or bridges loses them. Go on?" || fail "nothing was changed"
}

# ---- the weekly renewal

# write_timer: only for a program that nobody but root can change; a checkout in somebody's home is none.
write_timer() {
  for item in "$program" "$share"/*.sh "$share" "${program%/*}"; do
    if [ "$(stat -c %u "$item")" -ne 0 ] || [ -n "$(find "$item" -maxdepth 0 -perm /022)" ]; then
      say "No weekly renewal: $program is not installed. Renew by hand: $self renew"
      return 0
    fi
  done
  fill renew.service.in PROGRAM="$program" DIR="$dir" >"$timer.service"
  fill renew.timer.in DIR="$dir" >"$timer.timer"
  chmod 644 "$timer.service" "$timer.timer"
  # `enable` lets systemd read all units again by itself.
  systemctl -q enable --now "${timer##*/}.timer" || say "The weekly renewal could not be enabled: systemctl status ${timer##*/}.timer"
}

remove_timer() {
  [ -f "$timer.timer" ] || return 0
  systemctl -q disable --now "${timer##*/}.timer" 2>/dev/null || :
  rm -f "$timer.timer" "$timer.service"
}

# ---- an address that may be absent when the broker starts

# absent_families: which of ipv4 and ipv6 has an address to listen on that no interface has now.
absent_families() {
  for item in $listens; do
    [ -z "$(interface_of "$item")" ] || continue
    case $item in *:*) say ipv6 ;; *) say ipv4 ;; esac
  done | sort -u
}

# allow_absent: without it mosquitto ends at each start with the cable out, and programs of this computer lose it as well.
allow_absent() {
  for family in $(absent_families); do
    key=net.$family.ip_nonlocal_bind
    [ "$(sysctl -n "$key")" != 1 ] || continue
    if [ "$service" = no ]; then
      fail "an address of --listen is not there now. Either leave it out, or allow that: sudo sysctl -w $key=1"
    fi
    has "$key" "$sysctls" || sysctls="$sysctls $key"
  done
  [ -n "$sysctls" ] || return 0
  [ "$service" = yes ] || return 0
  {
    say "# Written by pc-tui-broker setup: the broker may listen on an address that comes later, with a cable."
    for key in $sysctls; do say "$key=1"; done
  } >"$sysctl_file"
  chmod 644 "$sysctl_file"
  for key in $sysctls; do
    sysctl -q -w "$key=1" || fail "sysctl -w $key=1 failed"
  done
  say "An address of --listen is absent now, so $sysctl_file sets$sysctls to 1."
}

forbid_absent() {
  [ -f "$sysctl_file" ] || return 0
  for key in $sysctls; do sysctl -q -w "$key=0" || :; done
  rm -f "$sysctl_file"
}

# ---- the firewall: the TLS port alone

active_firewall() {
  if command -v ufw >/dev/null && ufw status 2>/dev/null | grep -q '^Status: active'; then
    say ufw
  elif command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1; then
    say firewalld
  elif command -v nft >/dev/null && nft list ruleset 2>/dev/null | grep -q 'hook input'; then
    say nftables
  elif command -v iptables >/dev/null && iptables -S INPUT 2>/dev/null | grep -qE '^-P INPUT (DROP|REJECT)|-j (DROP|REJECT)'; then
    say iptables
  fi
}

# firewalld_zones: the default one and those that have an interface, without those of containers and virtual machines, and those
# that somebody has closed on purpose.
firewalld_zones() {
  { firewall-cmd --get-default-zone && firewall-cmd --get-active-zones; } | sed 's/ (default)//' |
    grep -vE '^ |^(docker|libvirt|block$|drop$)' | awk '!seen[$0]++'
}

# firewall_rules_wanted ufw|firewalld: a rule a line, without what adds or deletes it: "ufw ARGUMENT…", "firewalld ZONE OPTION".
firewall_rules_wanted() {
  if [ -z "$listens" ]; then
    case $1 in
      ufw) say "ufw allow $tls_port/tcp" ;;
      firewalld) firewalld_zones | while read -r zone; do say "firewalld $zone port=$tls_port/tcp"; done ;;
    esac
    return 0
  fi
  for item in $listens; do
    ! is_loopback "$item" || continue
    interface=$(interface_of "$item")
    family=ipv4
    case $item in *:*) family=ipv6 ;; esac
    case $1 in
      ufw) say "ufw allow ${interface:+in on $interface }to $item port $tls_port proto tcp" ;;
      firewalld)
        zone=$(firewall-cmd --get-zone-of-interface="${interface:-none}" 2>/dev/null) || zone=$(firewall-cmd --get-default-zone)
        say "firewalld $zone rich-rule=rule family=$family destination address=$item port port=$tls_port protocol=tcp accept"
        ;;
    esac
  done
}

# firewall_rule add|remove RULE
firewall_rule() {
  case $2 in
    ufw\ *)
      delete=
      [ "$1" = add ] || delete=delete
      # shellcheck disable=SC2086
      ufw $delete ${2#ufw } >/dev/null 2>&1
      ;;
    firewalld\ *)
      rule=${2#firewalld }
      firewall-cmd -q --permanent --zone="${rule%% *}" "--$1-${rule#* }" && firewall-cmd -q --zone="${rule%% *}" "--$1-${rule#* }"
      ;;
  esac
}

# firewall_in_words RULE: the command that somebody would type.
firewall_in_words() {
  case $1 in
    ufw\ *) say "sudo $1" ;;
    firewalld\ *)
      words=${1#firewalld }
      say "sudo firewall-cmd --permanent --zone=${words%% *} '--add-${words#* }' && sudo firewall-cmd --reload"
      ;;
  esac
}

close_firewall() {
  printf '%s' "$firewall_rules" | while read -r old; do
    firewall_rule remove "$old" || say "The firewall's rule is still there: $(firewall_in_words "$old")"
  done
  firewall_rules=
}

# open_firewall: as --firewall says, or the answer to a question; without either it prints what to type.
open_firewall() {
  firewall=$(active_firewall)
  case $firewall in
    '') return 0 ;;
    nftables | iptables)
      say "$firewall filters what comes in, and is not changed: it must let TCP port $tls_port in."
      return 0
      ;;
  esac
  wanted=$(firewall_rules_wanted "$firewall")
  [ -n "$wanted" ] || return 0
  if [ "$(printf '%s' "$firewall_rules")" = "$wanted" ]; then return 0; fi
  if [ -z "$firewall_wish" ] && on_terminal; then
    firewall_wish=leave
    ! ask "$firewall is active. Open TCP port $tls_port in it for devices and operators?" || firewall_wish=open
  fi
  if [ "$firewall_wish" = open ]; then
    close_firewall
    say "$wanted" >"$work/rules"
    while read -r wish; do
      if firewall_rule add "$wish"; then
        firewall_rules="$firewall_rules$wish
"
        say "Opened in the firewall: $(firewall_in_words "$wish")"
      else
        say "The firewall refused: $(firewall_in_words "$wish")"
      fi
    done <"$work/rules"
  else
    say "$firewall is active. To let devices and operators in:"
    say "$wanted" | while read -r wish; do say "  $(firewall_in_words "$wish")"; done
  fi
}
